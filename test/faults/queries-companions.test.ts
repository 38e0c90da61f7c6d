import { MOVES, REDATINGS, SIDECARS } from '../support/faults/companion-scenarios.ts';
import { companionWay } from '../support/faults/companion-way.ts';
import { testWaysOverWire } from '../support/faults/test-over-wire.ts';

testWaysOverWire('a sidecar:', SIDECARS.map(companionWay), 'the librarian');
testWaysOverWire('what is', MOVES.map(companionWay), 'the librarian');
testWaysOverWire('what is', REDATINGS.map(companionWay), 'a command');
