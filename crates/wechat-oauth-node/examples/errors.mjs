// What a site shows, by what an error advises.
import { CallbackError, ProfileUnreadError, WechatOAuthError } from 'wechat-oauth-rs';

/**
 * @param {unknown} error
 * @returns {{ status: number, text: string, login: boolean }} what to answer, and whether with a link to the login
 */
export function pageOf(error) {
  if (!(error instanceof WechatOAuthError)) throw error;
  console.error(error.message); // holds no secret
  switch (error.advice) {
    case 'restart_authorization':
    case 'ask_userinfo_consent':
    case 'refresh':
      return { status: 400, text: 'Please sign in once more.', login: true };
    case 'retry_later':
      return { status: 503, text: 'WeChat is busy.', login: true };
    case 'turn_away':
      return { status: 403, text: 'You did not sign in.', login: true };
    default:
      return { status: 500, text: 'This is our fault.', login: false };
  }
}

/**
 * What an error gives back, if it does.
 * @param {unknown} error
 */
export function givenBack(error) {
  if (error instanceof CallbackError) return error.pending; // the login that still waits
  if (error instanceof ProfileUnreadError) return error.grant; // who it is, is known
  return null;
}
