//! Every kind of expectation: met by what it asks for, not met by anything else.

use crate::agent::{Act, config, run, say, say_after, words};
use qga_engine::script::Level;
use rstest::rstest;

/// One claim with one expectation, after a request, against an agent that does this.
fn judge(expectation: &str, acts: Vec<Act>) -> String {
    let records = format!("must ABC-001 do it\n> x\n{expectation}\n");
    let result = run(&records, config(Level::Exact), |_| acts.clone());
    words(&result).remove(0)
}

#[rstest]
#[case("< {}", say("{}"), "passed")]
#[case("< {\"a\": 1}", say("{\"a\": 2}"), "line 5: /a: expected 1, found 2")]
#[case("< {\"a\": 1}", say("{\"a\": 1.0}"), "line 5: /a: expected 1, found 1.0")]
#[case(
    "< {}",
    say("\u{0}"),
    "line 5: this is no reply: it is no JSON: expected value at column 1"
)]
#[case("< {}", say_after(0, b"\xFF{}\n"), "line 5: 0xFF stands before the reply")]
#[case(
    "< {}",
    say_after(0, b"\xFF\xFF{}\n"),
    "line 5: this is no reply: it is no UTF-8: byte 0xFF at offset 1"
)]
#[case("< {}", say_after(0, b"{}"), "line 5: no complete reply came in 10s")]
#[case("< {}", say_after(9_999, b"{}\n"), "passed")]
#[case("< {}", say_after(10_001, b"{}\n"), "line 5: no complete reply came in 10s")]
#[case("timeout 20s\n< {}", say_after(10_001, b"{}\n"), "passed")]
#[case("timeout 1s\n< {}", say_after(9_999, b"{}\n"), "passed")]
#[case("< {}", vec![], "line 5: no complete reply came in 10s")]
#[case("< {}", vec![Act::Close(0)], "line 5: the agent closed the channel")]
#[case("< {}", vec![Act::Say(0, b"{}\n".to_vec()), Act::Close(0)], "passed")]
#[case("< {}", say("{}\n{}"), "line 5: bytes came that nobody expected: {}\\n")]
#[case(
    "< {}",
    say("{} {}"),
    "line 5: this is no reply: it is no JSON: trailing characters at column 4"
)]
fn a_reply(#[case] expectation: &str, #[case] acts: Vec<Act>, #[case] outcome: &str) {
    let last = expectation.lines().count() - 1;
    let outcome = outcome.replace("line 5", &format!("line {}", 5 + last));
    assert_eq!(judge(expectation, acts), outcome);
}

#[rstest]
#[case(b"\xFF{}\n", "passed")]
#[case(b"{}\n", "line 5: 0xFF is missing before the reply")]
#[case(b"\xFF{\"a\": 1}\n", "line 5: /a: expected no such member, found 1")]
#[case(
    b"\xFF\n",
    "line 5: this is no reply: it is no JSON: EOF while parsing a value at column 0"
)]
fn a_reply_after_0xff(#[case] bytes: &[u8], #[case] outcome: &str) {
    assert_eq!(judge("<sync {}", say_after(0, bytes)), outcome);
}

#[rstest]
#[case("< _\n<also {\"a\": 1}", "passed")]
#[case("< _\n<also {\"a\": 2}", "line 6: /a: expected 2, found 1")]
#[case("<raw {\"a\": 1}\\n\n<also {\"a\": 1}", "passed")]
#[case(
    "<raw {\"a\":\n<raw \\x201}\\n\n<also {\"a\": 1}",
    "not reached: no reply was taken before it"
)]
fn the_reply_once_more(#[case] expectations: &str, #[case] outcome: &str) {
    assert_eq!(judge(expectations, say("{\"a\": 1}")), outcome);
}

#[rstest]
#[case(b"{} \n", "passed")]
#[case(b"{}\n", "line 5: byte 2: expected 0x20, found 0x0A")]
#[case(b"{\"\n", "line 5: byte 1: expected 0x7D `}`, found 0x22 `\"`")]
#[case(b"{} ", "line 5: no complete reply came in 10s")]
#[case(b"{} \n\n", "line 5: bytes came that nobody expected: \\n")]
fn exact_bytes(#[case] bytes: &[u8], #[case] outcome: &str) {
    assert_eq!(judge("<raw {} \\n", say_after(0, bytes)), outcome);
}

#[rstest]
#[case(vec![], "passed")]
#[case(say_after(101, b"{}\n"), "line 5: bytes came that nobody expected: {}\\n")]
#[case(say_after(99, b"{}\n"), "line 5: bytes came that nobody expected: {}\\n")]
#[case(say_after(0, b"x"), "line 5: bytes came that nobody expected: x")]
#[case(vec![Act::Close(10)], "passed")]
#[case(say_after(151, b"{}\n"), "passed")]
fn silence(#[case] acts: Vec<Act>, #[case] outcome: &str) {
    assert_eq!(judge("<none 100ms", acts), outcome);
}

#[rstest]
#[case(vec![Act::Close(0)], "passed")]
#[case(vec![Act::Close(9_999)], "passed")]
#[case(vec![], "line 5: the channel was still open after 10s")]
#[case(vec![Act::Say(0, b"{}\n".to_vec()), Act::Close(0)], "line 5: bytes came that nobody expected: {}\\n")]
fn the_end_of_the_channel(#[case] acts: Vec<Act>, #[case] outcome: &str) {
    assert_eq!(judge("<closed", acts), outcome);
}

#[test]
fn variables_are_captured_sent_and_compared() {
    let records = "must ABC-001 give a handle\n\
        > open \"$tmp/x\"\n\
        < {\"return\": int as $fh}\n\
        must ABC-002 take it\n\
        > close $fh \"h$fh\" b64(\"a\\n\")\n\
        < {\"return\": {\"fh\": $fh, \"text\": \"handle $fh\"}}\n";
    let mut heard = Vec::new();
    let result = run(records, config(Level::Must), |line| {
        heard.push(line.to_owned());
        match line.starts_with("open") {
            true => say("{\"return\": 18446744073709551615}"),
            false => say("{\"return\": {\"text\": \"handle 18446744073709551615\", \"fh\": 18446744073709551615}}"),
        }
    });
    assert_eq!(words(&result), ["passed", "passed"]);
    let close = "close 18446744073709551615 \"h18446744073709551615\" \"YQo=\"";
    assert_eq!(heard, ["open \"/tmp/x\"", close]);
}

#[test]
fn a_new_channel_forgets_what_the_old_one_said() {
    let records =
        "must ABC-001 answer on a new channel\n> x\nwait 1s\nreopen\n> y\n< {\"y\": 1}\n<closed\nreopen\n> x\n< {}\n";
    let result = run(records, config(Level::Must), |line| match line {
        "x" => say("{}"),
        "y" => vec![Act::Say(0, b"{\"y\": 1}\n".to_vec()), Act::Close(5)],
        _ => vec![],
    });
    assert_eq!(words(&result), ["passed"]);
}
