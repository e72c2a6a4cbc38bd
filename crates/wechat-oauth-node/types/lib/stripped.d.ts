export { stripped };
import type { TransportPhase, TransportReason } from './task.js';
export type Lost = {
    /**
     * What happened.
     */
    reason: TransportReason;
    /**
     * How far the request had got.
     */
    phase: TransportPhase;
};
