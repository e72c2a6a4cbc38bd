<?php
// The library for PHP, with FFI and PHP's own streams: a file to copy, with WechatException.php.
declare(strict_types=1);

final class Wechat
{
    private FFI $c;

    /** $prefix is where the library is installed: with include/wechat_oauth.h and lib/libwechat_oauth_c.so. */
    public function __construct(string $prefix)
    {
        $header = file_get_contents("$prefix/include/wechat_oauth.h");
        $header = preg_replace('/^#.*$|^.*extern "C".*$/m', '', $header); // FFI has no preprocessor
        $this->c = FFI::cdef($header, "$prefix/lib/libwechat_oauth_c.so");
    }

    /** Calls a function. A string stands for a text and its length; out is what comes back, or is thrown. */
    public function call(string $function, #[SensitiveParameter] mixed ...$arguments): stdClass
    {
        $out = $this->c->new('wxo_text');
        $given = array_map(fn ($given) => is_string($given) ? [$given, strlen($given)] : [$given], $arguments);
        $status = $this->c->$function(...array_merge(...$given), ...[FFI::addr($out)]);
        $document = json_decode(FFI::string($out->data, $out->len));
        $this->c->wxo_text_free(FFI::addr($out));
        return $status === $this->c->WXO_OK ? $document : throw new WechatException($document);
    }

    /** Calls a function that opens a handle, which is yours to free. */
    public function open(string $function, #[SensitiveParameter] mixed ...$arguments): int
    {
        $handle = $this->c->new('wxo_handle');
        $this->call($function, ...$arguments, ...[FFI::addr($handle)]);
        return $handle->cdata;
    }

    public function free(int ...$handles): void
    {
        array_walk($handles, fn (int $handle) => $this->c->wxo_handle_free($handle));
    }

    /** Drives a sign-in, a renewal or a single call: its outcome. */
    public function drive(int $flow): stdClass
    {
        for ($step = $this->call('wxo_flow_step', $flow); $step->step !== 'done';) {
            if ($step->step === 'wait') {
                usleep($step->milliseconds * 1000);
                $step = $this->call('wxo_flow_waited', $flow);
            } else {
                $step = $this->call(...$this->send($flow, $step->url));
            }
        }
        return $this->call('wxo_flow_finish', $flow);
    }

    /** Sends a request, within five seconds: what to tell the flow then. */
    private function send(int $flow, #[SensitiveParameter] string $url): array
    {
        [$sentAt, $deadline, $phase, $size, $body] = [time(), microtime(true) + 5, 'connect', null, ''];
        $heed = function (int $code, int $severity, ?string $text, int $of, int $so_far, int $max) use (&$phase, &$size) {
            $phase = $code === STREAM_NOTIFY_CONNECT ? 'request' : $phase;
            $size = $code === STREAM_NOTIFY_FILE_SIZE_IS ? min($max, 65537) : $size;
        };
        $http = ['follow_location' => 0, 'ignore_errors' => true, 'timeout' => 5];
        $context = stream_context_create(['http' => $http], ['notification' => $heed]);
        $stream = @fopen($url, 'r', false, $context); // @: the warning names the URL, and so the secret
        while ($stream && !feof($stream) && strlen($body) < ($size ?? 65537) && microtime(true) < $deadline) {
            stream_set_timeout($stream, 1);
            $body .= fread($stream, 8192);
        }
        if ($stream && strlen($body) >= ($size ?? 0) && microtime(true) < $deadline) {
            $status = (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
            return ['wxo_flow_answer', $flow, $status, $body, $sentAt];
        }
        $reason = microtime(true) >= $deadline ? 'timeout' : ($phase === 'connect' ? 'connect' : 'closed');
        return ['wxo_flow_lost', $flow, $reason, $stream ? 'body' : $phase];
    }
}
