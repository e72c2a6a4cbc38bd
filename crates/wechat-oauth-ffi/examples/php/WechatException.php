<?php
declare(strict_types=1);

/** Its message, "error" and "advice" of the document, is for logs; the rest of the document may hold tokens. */
final class WechatException extends RuntimeException
{
    public function __construct(public readonly stdClass $document)
    {
        parent::__construct(json_encode($document->error, JSON_UNESCAPED_UNICODE) . "\n" . $document->advice);
    }
}
