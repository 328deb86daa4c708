//! What a command line leads to. What it prints is tested with the program.

use super::*;

fn args(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn read_as(release: &str, line: &str, config: Option<&Path>) -> Outcome {
    let environment = |name: &str| (name == CONFIG_VARIABLE).then(|| config.map(OsString::from)).flatten();
    read(
        OsStr::new("qemu-ga"),
        &args(line),
        Release::find(release).unwrap(),
        &environment,
    )
}

#[test]
fn a_configuration_file_comes_before_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("qga.conf");
    std::fs::write(
        &path,
        b"[general]\nmethod=unix-listen\npath=/a\nverbose=1\nblock-rpcs=a,b\n",
    )
    .unwrap();
    let Then::Serve(settings) = read_as("7.2", "-p /b -b c", Some(&path)).then else {
        panic!("it should serve")
    };
    assert_eq!(settings.path.as_deref(), Some(&b"/b"[..]));
    assert_eq!(settings.block.0, [b"b", b"a", b"c"]);
    assert!(settings.verbose && !settings.daemon);
}

#[test]
fn a_release_without_configuration_files_reads_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("qga.conf");
    std::fs::write(&path, b"junk").unwrap();
    let Then::Serve(settings) = read_as("2.4", "", Some(&path)).then else {
        panic!("it should serve")
    };
    assert_eq!(settings.method.as_deref(), Some(&b"virtio-serial"[..]));
}

#[test]
fn a_file_named_by_an_option_must_be_a_file() {
    for (line, told) in [
        (
            "-c /nonexistent/qga.conf",
            "/nonexistent/qga.conf, No such file or directory",
        ),
        ("-c /dev/null", "/dev/null, Not a regular file"),
    ] {
        let outcome = read_as("10.0", line, None);
        let expected = format!("error loading configuration from path: {told}");
        assert_eq!(outcome.notes, [Note::Early(Level::Critical, expected)]);
        assert_eq!(
            outcome.then,
            Then::End {
                print: Vec::new(),
                status: exit::FAILED
            }
        );
    }
}

#[test]
fn help_names_all_there_is() {
    for (name, present, absent) in [
        (
            "0.15",
            &["--method", "--emulate", "QGA_SIM_GUEST", "134"][..],
            &["--statedir", "--dump-conf", "--block"][..],
        ),
        (
            "7.2",
            &["--block-rpcs", "--blacklist", "--dump-conf", "QGA_CONF"],
            &["--allow-rpcs", "--config"],
        ),
        (
            "10.0",
            &["--allow-rpcs", "--config", "--survive", "--clients"],
            &["--blacklist"],
        ),
    ] {
        let text = help::text(OsStr::new("qga-sim"), Release::find(name).unwrap());
        for word in present {
            assert!(text.contains(word), "{name}: {word}");
        }
        for word in absent {
            assert!(!text.contains(word), "{name}: {word}");
        }
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 90).collect();
        assert!(long.is_empty(), "{long:?}");
    }
}

#[test]
fn the_first_releases_lose_the_values_of_long_options() {
    let Then::Serve(settings) = read_as("0.15", "--method unix-listen -p /a", None).then else {
        panic!("it should serve")
    };
    assert_eq!(settings.method.as_deref(), Some(&b"virtio-serial"[..]));
    assert_eq!(settings.path.as_deref(), Some(&b"/a"[..]));
    let outcome = read_as("1.0", "--method=unix-listen", None);
    assert_eq!(
        outcome.notes,
        [Note::Option(b"option '--method' doesn't allow an argument".to_vec())]
    );
    let Then::Serve(settings) = read_as("1.1", "--method=unix-listen -p /a", None).then else {
        panic!("it should serve")
    };
    assert_eq!(settings.method.as_deref(), Some(&b"unix-listen"[..]));
}

#[test]
fn the_word_help_lists_the_commands_only_where_it_is_known() {
    for (release, word, lists) in [("1.0.50", "?", true), ("1.0.50", "help", false), ("1.2", "help", true)] {
        let then = read_as(release, &format!("-b {word}"), None).then;
        assert_eq!(then == Then::ListCommands, lists, "{release}: {word}");
    }
}
