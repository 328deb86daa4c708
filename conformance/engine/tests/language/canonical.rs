//! The one form in which a script is written, and that nothing of it is lost.

use qga_engine::{parse, print};

fn check(written: &str, canonical: &str) {
    let script = parse("x.session", written).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(print(&script), canonical);
    let again = parse("x.session", canonical).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, script);
    assert_eq!(print(&again), canonical);
}

#[test]
fn words_bodies_and_blank_lines_have_their_place() {
    check(
        "\n\n# about all\n\nsession   a   name\nguest default\nabout one\n  two  \nsince 7.2\n# why\neffect exec\n\
         must ABC-001 do   it\n  at once [x:  y]\n\n\n\n<\t_\n<none 1000ms\nwait 0s\n\n\n",
        "# about all\nsession a name\nabout   one\n        two\nsince   7.2\n# why\neffect  exec\nguest   default\n\n\
         must    ABC-001  do it at once  [x: y]\n\n<       _\n<none   1s\nwait    0ms\n",
    );
}

#[test]
fn comments_stay_near_what_they_speak_of() {
    check(
        "session x\n# before the claim\nmust ABC-001 x\n> {\n# inside a record\n\n  }\n\n# before the guard\n\
         onlyif os linux\n\n# before the reply\n< _\n# at the end\n\n# of all\n\n",
        "session x\n\n# before the claim\nmust    ABC-001  x\n# inside a record\n>       {\n        }\n\n\
         # before the guard\nonlyif  os linux\n# before the reply\n<       _\n# at the end\n\n# of all\n",
    );
}

#[test]
fn templates_keep_their_lines_and_lose_their_indent() {
    check(
        "session x\nmust ABC-001 x\n> {\"a\": \"}\", \"b\":\n                     [1,\n   2\n ],\n \"c\": b64( \"$tmp\\u00e9\" )\n}\n< _\n"
            .replace("\n}\n", "\n }\n")
            .as_str(),
        "session x\n\nmust    ABC-001  x\n>       {\"a\": \"}\", \"b\":\n         [1,\n          2\n         ],\n         \"c\": b64(\"$tmpé\")\n        }\n<       _\n",
    );
}

#[test]
fn long_patterns_are_broken_between_their_elements() {
    let long = "x".repeat(60);
    check(
        &format!(
            "session x\nmust ABC-001 x\n< {{\"return\": {{\"name\": \"{long}\", \"rest\": [1, {{\"a\": null | \"{long}\" as $v}}, ...]}}}}\n\
             <also {{\"return\": {{\n ...}}}}\n"
        ),
        &format!(
            "session x\n\nmust    ABC-001  x\n<       {{\"return\": {{\"name\": \"{long}\",\n                    \"rest\": [1,\n                             {{\"a\": null |\n                                   \"{long}\" as $v}}, ...]}}}}\n\
             <also   {{\"return\": {{...}}}}\n"
        ),
    );
}

#[test]
fn bytes_are_written_so_that_each_is_seen() {
    check(
        "session x\nmust ABC-001 x\n>raw é\\xff\\x0a\\\\ $x#\\x20\n<raw \\x41\\t\\x09\n",
        "session x\n\nmust    ABC-001  x\n>raw    \\xC3\\xA9\\xFF\\n\\\\ $x#\\x20\n<raw    A\\t\\t\n",
    );
}

#[test]
fn strings_are_written_with_as_few_escapes_as_can_be() {
    check(
        "session x\nmust ABC-001 x\n< \"\\u00e9\\/\\u0024tmp $ \\u000a\\u007f\\ud83d\\ude00 $tmp\\u0061\" | re(\"^a$b\") | int( 1 .. )\n",
        "session x\n\nmust    ABC-001  x\n<       \"é/\\u0024tmp $ \\n\\u007F😀 $tmp\\u0061\" | re(\"^a$b\") | int(1..)\n",
    );
}

/// The three sessions by which the language is explained.
#[test]
fn what_is_canonical_is_left_alone() {
    for text in [
        include_str!("sessions/half-sent.session"),
        include_str!("sessions/round-trip.session"),
        include_str!("sessions/frozen.session"),
    ] {
        check(text, text);
    }
}
