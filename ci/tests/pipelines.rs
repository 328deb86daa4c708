//! The pipeline files are YAML, and every command line of the suite in them is one
//! that the suite takes.

use clap::Parser;
use qga_conformance::args::{Cli, Command};
use rstest::rstest;
use saphyr::{LoadableYamlNode, Yaml};
use std::fs;
use std::path::Path;

/// The members whose values are shell commands.
const SHELL: [&str; 2] = ["run", "script"];
/// The suite's program.
const PROGRAM: &str = "qga-conformance";

fn load(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every shell command of the document.
fn shell_commands(yaml: &Yaml<'_>, is_shell: bool, found: &mut Vec<String>) {
    if let Some(text) = yaml.as_str().filter(|_| is_shell) {
        found.extend(text.lines().map(str::to_owned));
    }
    for item in yaml.as_sequence().into_iter().flatten() {
        shell_commands(item, is_shell, found);
    }
    for (name, value) in yaml.as_mapping().into_iter().flatten() {
        let is_shell = name.as_str().is_some_and(|it| SHELL.contains(&it));
        shell_commands(value, is_shell, found);
    }
}

/// A command as the shell of the pipeline gives it to the program: what the CI system
/// and the shell fill in is filled in.
fn words(command: &str) -> Vec<String> {
    let values = [
        ("${{ matrix.part }}", "2"),
        ("${{ strategy.job-total }}", "4"),
        ("$AGENT_NAME", "my-agent"),
        ("$AGENT", "my-agent --socket {socket} --state {state}"),
        ("$CI_NODE_INDEX", "2"),
        ("$CI_NODE_TOTAL", "4"),
        ("$CI_PROJECT_URL", "https://example.org/my-agent"),
        ("$GITHUB_SERVER_URL", "https://example.org"),
        ("$GITHUB_REPOSITORY", "me/my-agent"),
    ];
    let filled = values
        .iter()
        .fold(command.to_owned(), |text, (name, value)| text.replace(name, value));
    assert!(!filled.contains('$'), "the test does not know what this is: {filled}");
    shell_words::split(&filled).expect("words of a shell")
}

#[rstest]
#[case("github.yml")]
#[case("gitlab.yml")]
fn the_command_lines_are_right(#[case] name: &str) {
    let text = load(name);
    let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut commands = Vec::new();
    shell_commands(&documents[0], false, &mut commands);
    let of_suite = |it: &&String| {
        Path::new(it.split(' ').next().unwrap_or(""))
            .file_name()
            .is_some_and(|it| it == PROGRAM)
    };
    let mut kinds = Vec::new();
    for command in commands.iter().filter(of_suite) {
        let cli = Cli::try_parse_from(words(command)).unwrap_or_else(|error| panic!("{name}: {command}\n{error}"));
        kinds.push(match cli.command {
            Command::Run(args) => {
                assert_eq!(
                    args.shard.map(|it| it.to_string()).as_deref(),
                    Some("2/4"),
                    "{name}: {command}"
                );
                "run"
            }
            Command::Report(_) => "report",
            _ => panic!("{name}: what for? {command}"),
        });
    }
    assert_eq!(kinds, ["run", "report", "report"], "{name}");
}

/// Four parts are asked for, and four are there.
#[test]
fn the_parts_are_the_whole() {
    let github = load("github.yml");
    let github = &Yaml::load_from_str(&github).expect("YAML")[0];
    let parts = &github["jobs"]["part"]["strategy"]["matrix"]["part"];
    let parts: Vec<i64> = parts
        .as_sequence()
        .expect("parts")
        .iter()
        .filter_map(Yaml::as_integer)
        .collect();
    assert_eq!(parts, (1..=parts.len() as i64).collect::<Vec<_>>());
    let gitlab = load("gitlab.yml");
    let gitlab = &Yaml::load_from_str(&gitlab).expect("YAML")[0];
    assert_eq!(gitlab["qga:part"]["parallel"].as_integer(), Some(4));
    assert_eq!(
        gitlab["qga:report"]["artifacts"]["reports"]["junit"].as_str(),
        Some("qga.xml")
    );
}

#[test]
fn a_wrong_command_line_would_be_found() {
    assert!(Cli::try_parse_from(words("qga-conformance run --shard 2 --report xml=x")).is_err());
}
