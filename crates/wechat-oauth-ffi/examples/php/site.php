<?php
// A site that people sign in to with WeChat. `wechat-oauth emulator --auto-consent` says what to give it:
//     export WECHAT_APP_SECRET=... WECHAT_APPID=wx... WECHAT_BASE_URL=http://127.0.0.1:8787
//     PREFIX=/usr/local ORIGIN=http://localhost:3000 php -d ffi.enable=true -S localhost:3000 site.php
declare(strict_types=1);
require __DIR__ . '/WechatException.php';
require __DIR__ . '/Wechat.php';

session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax']); // on https: 'cookie_secure' => true
$wechat = new Wechat(getenv('PREFIX'));
$app = $code = $flow = 0;
try {
    $app = $wechat->open('wxo_app_new', json_encode([
        'account' => 'official_account',
        'appid' => getenv('WECHAT_APPID'),
        'secret' => getenv('WECHAT_APP_SECRET'),
        'base_url' => getenv('WECHAT_BASE_URL') ?: null, // without it, it is WeChat itself that people sign in with
    ]));
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if ($path === '/login') {
        // Out: the browser goes to the url, and pending stays in its session.
        $begun = $wechat->call('wxo_begin', $app, json_encode([
            'scope' => 'snsapi_userinfo',
            'redirect_uri' => getenv('ORIGIN') . '/callback',
        ]));
        $_SESSION['pending'] = json_encode($begun->pending);
        header("Location: {$begun->url}", true, 303);
    } elseif ($path === '/callback' && isset($_SESSION['pending'])) {
        // Back: what stayed in the session of the browser that brings the callback. It is good for one.
        $pending = $_SESSION['pending'];
        unset($_SESSION['pending']);
        $code = $wechat->open('wxo_accept', $pending, $_SERVER['REQUEST_URI']);
        $flow = $wechat->open('wxo_sign_in', $app, $code, '{"lang":"zh_CN"}');
        $person = $wechat->drive($flow);
        if ($person->signed_in === 'person') {
            session_regenerate_id(true);
            $_SESSION['user'] = ['openid' => $person->openid, 'nickname' => $person->profile?->nickname];
            $_SESSION['grant'] = json_encode($person->stored_grant); // a site keeps it in its database, encrypted
        }
        header('Location: /', true, 303); // to a URL without the code
    } elseif ($path === '/profile' && isset($_SESSION['grant'])) {
        // Hours later: what was stored, renewed, and the profile as it is by then. wxo_grant_at tells what is due.
        $flow = $wechat->open('wxo_renew', $app, $_SESSION['grant']);
        $_SESSION['grant'] = json_encode($wechat->drive($flow)->stored_grant);
        $wechat->free($flow);
        $flow = $wechat->open('wxo_profile', $app, $_SESSION['grant'], '{"lang":"zh_CN"}');
        echo 'your nickname is ', htmlspecialchars($wechat->drive($flow)->profile->nickname), "\n";
    } elseif (isset($_SESSION['user'])) {
        echo 'hello, ', htmlspecialchars($_SESSION['user']['nickname'] ?? $_SESSION['user']['openid']), "\n";
    } else {
        echo "<a href=\"/login\">Sign in with WeChat</a>\n";
    }
} catch (WechatException $error) {
    error_log($error->getMessage());
    if (isset($error->document->pending)) {
        $_SESSION['pending'] = json_encode($error->document->pending); // somebody else's callback: the login still waits
    }
    http_response_code($error->document->error->kind === 'callback' ? 400 : 502);
    echo "This did not work. <a href=\"/login\">Sign in with WeChat</a>\n";
} finally {
    $wechat->free($flow, $code, $app);
}
