/** Where pg-boss keeps its own tables: beside the ledger's, in the same database. Nothing in there is worth a dump. */
export const QUEUE_SCHEMA = 'pgboss';
