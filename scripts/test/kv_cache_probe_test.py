#!/usr/bin/env python3
"""Proves what the probe makes of times and counts, without a server."""
import io
import unittest

from kv_cache_probe import (FAILS, OPEN, WORKS, Answer, ProbeError, Server, decide, read_stream,
                            text_of)


def answers(seconds, prompt=1000, cached=None):
    return [Answer(value, prompt, cached) for value in seconds]


class DecideTest(unittest.TestCase):
    def verdict(self, colds, hits, cached=None):
        return decide(answers(colds, cached=None if cached is None else 0),
                      answers(hits, cached=cached))[0]

    def test_hits_that_are_all_quicker(self):
        self.assertEqual(self.verdict([9.0, 8.0, 10.0], [0.3, 0.2, 0.4]), WORKS)

    def test_hits_that_take_as_long(self):
        self.assertEqual(self.verdict([2.0, 2.2, 1.9], [2.1, 1.9, 2.0]), FAILS)

    def test_noise_alone_is_no_cache(self):
        # One cold prompt was disturbed: twice as long as its hit, but not in the median.
        self.assertEqual(self.verdict([4.0, 2.0, 2.0], [2.0, 2.0, 2.0]), FAILS)

    def test_hits_that_were_disturbed_leave_it_open(self):
        self.assertEqual(self.verdict([2.0, 2.0, 2.0], [0.2, 0.3, 2.5]), OPEN)

    def test_a_little_quicker_leaves_it_open(self):
        self.assertEqual(self.verdict([3.0, 3.0, 3.0], [2.0, 2.0, 2.0]), OPEN)

    def test_counts_decide_where_all_is_too_quick(self):
        self.assertEqual(self.verdict([0.05, 0.06], [0.05, 0.05], cached=990), WORKS)
        self.assertEqual(self.verdict([0.05, 0.06], [0.05, 0.05], cached=0), FAILS)

    def test_counts_that_save_no_time_are_no_cache(self):
        self.assertEqual(self.verdict([9.0, 9.0], [9.0, 9.0], cached=990), FAILS)

    def test_times_beat_counts_of_nothing(self):
        self.assertEqual(self.verdict([9.0, 9.0], [0.3, 0.3], cached=0), WORKS)


class StreamTest(unittest.TestCase):
    def read(self, *lines):
        return read_stream(io.BytesIO("\n\n".join(lines).encode()), 0)

    def test_chat_completions(self):
        answer = self.read('data: {"choices":[{"delta":{"role":"assistant"}}]}',
                           'data: {"choices":[{"delta":{"content":"x"}}]}',
                           'data: {"choices":[],"usage":{"prompt_tokens":9,'
                           '"prompt_tokens_details":{"cached_tokens":7}}}', "data: [DONE]")
        self.assertEqual((answer.prompt_tokens, answer.cached_tokens), (9, 7))

    def test_a_server_that_counts_nothing(self):
        answer = self.read('data: {"choices":[{"delta":{"content":"x"}}]}')
        self.assertEqual((answer.prompt_tokens, answer.cached_tokens), (None, None))

    def test_details_of_null(self):
        answer = self.read('data: {"usage":{"prompt_tokens":9,"prompt_tokens_details":null}}')
        self.assertEqual((answer.prompt_tokens, answer.cached_tokens), (9, None))

    def test_messages(self):
        answer = self.read(
            'event: message_start\ndata: {"type":"message_start","message":{"usage":'
            '{"input_tokens":2,"cache_read_input_tokens":7,"cache_creation_input_tokens":1}}}',
            'event: content_block_delta\ndata: {"type":"content_block_delta"}')
        self.assertEqual((answer.prompt_tokens, answer.cached_tokens), (10, 7))

    def test_an_error_in_the_stream(self):
        with self.assertRaisesRegex(ProbeError, "overloaded"):
            self.read('data: {"type":"error","error":{"type":"overloaded_error"}}')


class TextTest(unittest.TestCase):
    def test_texts_differ_from_their_first_words_on(self):
        self.assertNotEqual(text_of(50, 1)[:12], text_of(50, 2)[:12])
        self.assertEqual(text_of(50, 1), text_of(50, 1))

    def test_addresses_that_are_none(self):
        with self.assertRaisesRegex(ProbeError, "no address"):
            Server("ftp://x")


if __name__ == "__main__":
    unittest.main()
