/** First half of every advisory lock of ours ("phot" in ASCII), so that other programs' locks do not meet them. */
export const LOCK_SPACE = 0x70686f74;

/** Second half: what is locked. Advisory locks belong to one database, so two libraries on one server do not meet. */
export const LOCK = { migrations: 1, library: 2 } as const;
