<?php
// Signs a person in with WeChat. `wechat-oauth emulator --auto-consent` says what to give it:
//     WECHAT_APP_SECRET=... php login.php PREFIX http://127.0.0.1:8787 wx...
// PREFIX is where the library is installed. For a site, Wechat.php has the same as a class.
declare(strict_types=1);

if ($argc !== 4) { fwrite(STDERR, "usage: php login.php PREFIX BASE_URL APPID\n"); exit(2); }
[, $prefix, $baseUrl, $appid] = $argv;
$header = file_get_contents("$prefix/include/wechat_oauth.h");
$header = preg_replace('/^#.*$|^.*extern "C".*$/m', '', $header); // FFI has no preprocessor
$c = FFI::cdef($header, "$prefix/lib/libwechat_oauth_c.so");

// Calls a function, and gives the document that comes back; an error ends the program.
function call(string $function, #[SensitiveParameter] mixed ...$arguments): stdClass
{
    global $c;
    $out = $c->new('wxo_text');
    $given = array_map(fn ($given) => is_string($given) ? [$given, strlen($given)] : [$given], $arguments);
    $status = $c->$function(...array_merge(...$given), ...[FFI::addr($out)]);
    $document = json_decode(FFI::string($out->data, $out->len));
    $c->wxo_text_free(FFI::addr($out));
    if ($status === $c->WXO_OK) {
        return $document;
    }
    // These two are for logs: the rest of the document may hold tokens.
    fwrite(STDERR, json_encode($document->error) . "\n{$document->advice}\n");
    exit(1);
}

// Sends a request, within five seconds: what to tell the flow then.
function send(int $flow, #[SensitiveParameter] string $url): array
{
    [$sentAt, $deadline, $phase, $size, $body] = [time(), microtime(true) + 5, 'connect', 0, ''];
    $heed = function (int $code, int $severity, ?string $text, int $of, int $soFar, int $max) use (&$phase, &$size) {
        $phase = $code === STREAM_NOTIFY_CONNECT ? 'request' : $phase;
        $size = $code === STREAM_NOTIFY_FILE_SIZE_IS ? min($max, 65537) : $size;
    };
    $http = ['follow_location' => 0, 'ignore_errors' => true, 'timeout' => 5];
    $context = stream_context_create(['http' => $http], ['notification' => $heed]);
    $stream = @fopen($url, 'r', false, $context); // @: the warning names the URL, and so the secret
    while ($stream && !feof($stream) && strlen($body) < 65537 && microtime(true) < $deadline) {
        stream_set_timeout($stream, 1);
        $body .= fread($stream, 8192);
    }
    if ($stream && strlen($body) >= $size && microtime(true) < $deadline) {
        $status = (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
        return ['wxo_flow_answer', $flow, $status, $body, $sentAt];
    }
    return ['wxo_flow_lost', $flow, microtime(true) < $deadline ? 'other' : 'timeout', $phase];
}

$account = ['account' => 'official_account', 'appid' => $appid, 'secret' => getenv('WECHAT_APP_SECRET')];
$login = ['scope' => 'snsapi_userinfo', 'redirect_uri' => 'http://localhost:3000/callback'];
[$app, $code, $flow] = [$c->new('wxo_handle'), $c->new('wxo_handle'), $c->new('wxo_handle')];

// Once, at the start. Without base_url it is WeChat itself that people sign in with.
call('wxo_app_new', json_encode([...$account, 'base_url' => $baseUrl]), FFI::addr($app));

// Out: the browser goes to the url, and pending stays in its session.
$begun = call('wxo_begin', $app->cdata, json_encode($login));
$browser = stream_context_create(['http' => ['follow_location' => 0, 'timeout' => 5]]);
$callback = array_change_key_case(@get_headers($begun->url, true, $browser) ?: [])['location'] ?? '';

// Back: what stayed in the session of the browser, and the callback that it brings.
call('wxo_accept', json_encode($begun->pending), $callback, FFI::addr($code));
$step = call('wxo_sign_in', $app->cdata, $code->cdata, '{"lang":"zh_CN"}', FFI::addr($flow));
while ($step->step !== 'done') {
    if ($step->step === 'send') {
        $step = call(...send($flow->cdata, $step->url));
    } else {
        usleep($step->milliseconds * 1000);
        $step = call('wxo_flow_waited', $flow->cdata);
    }
}
$person = call('wxo_flow_finish', $flow->cdata);
echo 'signed in: ', $person->openid ?? 'nobody', "\n";
foreach ([$flow, $code, $app] as $handle) {
    $c->wxo_handle_free($handle->cdata);
}
