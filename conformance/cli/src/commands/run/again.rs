//! The command that does the same run once more, but for the scripts at its end.

use crate::args::{DEFAULT_TIMEOUT, HowArgs};
use crate::target::{DEFAULT_RELEASE, Named};
use std::fmt::Display;
use std::path::Path;

/// The command line of a run: what changes verdicts, nothing that only changes
/// what is shown.
pub(super) fn command(named: &Named, how: &HowArgs, known: Option<&Path>) -> String {
    let mut words = vec!["qga-conformance".to_owned(), "run".to_owned()];
    let mut add = |name: &str, value: &dyn Display| words.extend([name.to_owned(), value.to_string()]);
    match named {
        Named::Spawn(template) => add("--spawn", &template.text()),
        Named::Builtin(release) if release.name == DEFAULT_RELEASE => {}
        Named::Unix(_) | Named::Builtin(_) => add("--target", named),
    }
    if let Some(release) = how.as_release {
        add("--as", release);
    }
    if let Some(system) = how.os {
        add("--os", &system.name());
    }
    if let Some(level) = how.level {
        add("--level", &level);
    }
    if how.allow != Default::default() {
        add("--allow", &how.allow);
    }
    if let Some(file) = known {
        add("--known", &file.display());
    }
    if let Some(bytes) = how.chunk {
        add("--chunk", &bytes);
    }
    if let Some(folder) = &how.scratch {
        add("--scratch", &folder.display());
    }
    if how.timeout != DEFAULT_TIMEOUT {
        add("--timeout", &format!("{}ms", how.timeout.as_millis()));
    }
    shell_words::join(words)
}

#[cfg(test)]
mod tests {
    use super::command;
    use crate::args::{Cli, Command};
    use clap::Parser;
    use rstest::rstest;

    #[rstest]
    #[case::plain(&[], "")]
    #[case::what_is_shown(&["SYNC-004", "--jobs", "3", "--report", "json=-", "-q"], "")]
    #[case::defaults(&["--target", "builtin", "--allow", "exec,files", "--timeout", "5s"], "")]
    #[case::builtin(&["--target", "builtin:10.0", "--as", "9.2", "--level", "must"], " --target builtin:10.0 --as 9.2 --level must")]
    #[case::unix(&["--target", "unix:/a b", "--chunk", "7", "--allow", "all"],
        " --target 'unix:/a b' --allow all --chunk 7")]
    #[case::known(&["--known", "a b.toml"], " --known 'a b.toml'")]
    #[case::spawn(&["--spawn", "x {socket}", "--timeout", "1500ms", "--scratch", "/s", "--os", "bsd"],
        " --spawn 'x {socket}' --os bsd --scratch /s --timeout 1500ms")]
    fn what_changes_verdicts_is_said_again(#[case] words: &[&str], #[case] expected: &str) {
        let cli = Cli::try_parse_from(["qga-conformance", "run"].iter().chain(words)).expect("a good command line");
        let Command::Run(args) = cli.command else {
            panic!("run was asked for")
        };
        assert_eq!(
            command(&args.agent.named(), &args.how, args.known.as_deref()),
            format!("qga-conformance run{expected}")
        );
        let again = shell_words::split(&command(&args.agent.named(), &args.how, args.known.as_deref()))
            .expect("it can be given to a shell");
        assert!(Cli::try_parse_from(again).is_ok());
    }
}
