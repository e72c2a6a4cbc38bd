'use strict';

// The errors of fetch, stripped to what happened and when. They hold addresses, and pieces of answers.

/** @import { TransportPhase, TransportReason } from './task.js' */

/**
 * What a transport says when no answer came.
 * @typedef {object} Lost
 * @property {TransportReason} reason What happened.
 * @property {TransportPhase} phase How far the request had got.
 */

/** How far down the causes are looked at. Those of fetch are one below it, and an address's below that. */
const DEPTH = 8;

/** What a code says happened. @type {Readonly<Record<string, TransportReason>>} */
const REASONS = {
  EAI_AGAIN: 'resolve',
  ENOTFOUND: 'resolve',
  EADDRNOTAVAIL: 'connect',
  ECONNREFUSED: 'connect',
  EHOSTDOWN: 'connect',
  EHOSTUNREACH: 'connect',
  ENETDOWN: 'connect',
  ENETUNREACH: 'connect',
  EPROTO: 'tls',
  ETIMEDOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  ECONNABORTED: 'closed',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  HPE_INVALID_EOF_STATE: 'closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed',
  UND_ERR_SOCKET: 'closed',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_ABORTED: 'proxy', // it gave no tunnel; what the client calls off has another name
  UND_ERR_PRX_TLS: 'proxy',
};

/** Codes of which there are many. @type {readonly (readonly [RegExp, TransportReason])[]} */
const FAMILIES = [
  [/^EAI_/, 'resolve'],
  [/^ERR_SSL_/, 'tls'],
  [/^HPE_/, 'protocol'],
];

/** OpenSSL's names for what can be wrong with a certificate, and Node's own. */
const CERTIFICATE =
  /^(?:UNABLE_TO_.*|.*CERT.*|.*CRL.*|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/;

/** What comes before there is a connection, whoever says it. Certificates are judged before the request is sent. */
const UNSENT = new Set(['EADDRNOTAVAIL', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_PRX_TLS']);

/**
 * What the error says. That nothing was sent, is said only where nothing can have been.
 * @internal
 * @param {unknown} error
 * @param {TransportPhase} phase how far the request may have got
 * @returns {Lost}
 */
function stripped(error, phase) {
  try {
    return strippedOf(error, phase);
  } catch {
    return { reason: 'other', phase }; // it throws when it is looked at
  }
}

/**
 * @param {unknown} error
 * @param {TransportPhase} phase
 * @returns {Lost}
 */
function strippedOf(error, phase) {
  let cause = error;
  for (let depth = 0; depth < DEPTH && typeof cause === 'object' && cause !== null; depth += 1) {
    const { code, syscall, cause: next, errors } = /** @type {Record<string, unknown>} */ (cause);
    if (typeof code === 'string') {
      if (CERTIFICATE.test(code)) return { reason: 'tls', phase: 'connect' };
      const named = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
      const reason = named ?? FAMILIES.find(([family]) => family.test(code))?.[1];
      if (reason) {
        const unsent = reason === 'resolve' || syscall === 'connect' || UNSENT.has(code);
        return { reason, phase: unsent ? 'connect' : phase };
      }
    }
    // A name with several addresses has an error for each.
    cause = next ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return { reason: 'other', phase };
}

exports.stripped = stripped;
