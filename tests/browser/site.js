'use strict';
// The site under test, the demo of the command line: its addresses and its words. Nothing else here knows them.

const PATHS = {
  home: '/',
  login: '/login',
  callback: '/callback',
  // Who is signed in, as JSON.
  me: '/me',
};

const WORDS = {
  zh: {
    tag: 'zh-CN',
    // The links of the home page.
    signIn: '微信登录',
    silently: /^静默登录/,
    onDemand: /^先静默，再授权/,
    byQr: /^扫码登录/,
    byEmbeddedQr: /^内嵌二维码登录/,
    byPhone: '没有网站应用时，电脑上会看到什么？',
    otherLanguage: 'English',
    // Who is signed in.
    signOut: '退出登录',
    // The headings of pages, and what they offer.
    home: '用微信登录',
    refused: '你没有同意登录',
    snapshot: '还差一步才能登录',
    cookiesLost: '没能认出这个浏览器',
    again: '重新登录',
    qrCode: '登录链接的二维码',
  },
  en: {
    tag: 'en',
    signIn: 'Sign in with WeChat',
    silently: /^Sign in silently/,
    onDemand: /^Silently, then ask/,
    byQr: /^Sign in by QR code/,
    byEmbeddedQr: /^QR code in this site/,
    byPhone: 'What does a desktop see without a website app?',
    otherLanguage: '中文',
    signOut: 'Sign out',
    home: 'Sign in with WeChat',
    refused: 'You chose not to sign in',
    snapshot: 'One more step to sign in',
    cookiesLost: 'This browser was not recognised',
    again: 'Sign in again',
    qrCode: 'QR code of the sign-in link',
  },
};

module.exports = { PATHS, WORDS };
