//! Which options a release of the agent has. What it has besides is the
//! simulator's own: see [`super::own`].

use super::getopt::{Long, Short, Table, Takes};
use super::own::OwnOption;
use qga_fixtures::schema::{BlockOption, Release};

/// What an option means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opt {
    Help,
    Version,
    Verbose,
    Daemonize,
    Config,
    Method,
    Path,
    LogFile,
    PidFile,
    Hook,
    Block,
    Allow,
    /// `-s`: read and ignored everywhere but on Windows.
    Service,
    StateFolder,
    DumpConfig,
    Retry,
    Own(OwnOption),
}

/// A row of the table: letter, long name, whether it takes a value, and whether
/// a release has it.
type Row = (u8, &'static str, Takes, Opt, fn(&Release) -> bool);

/// In the order of the release's own table, in which an ambiguity is reported.
const ROWS: [Row; 17] = [
    (b'h', "help", Takes::Nothing, Opt::Help, always),
    (b'V', "version", Takes::Nothing, Opt::Version, always),
    (b'c', "config", Takes::Value, Opt::Config, |it| it.config_option),
    (b'D', "dump-conf", Takes::Nothing, Opt::DumpConfig, |it| it.config_file),
    (b'l', "logfile", Takes::Value, Opt::LogFile, always),
    (b'f', "pidfile", Takes::Value, Opt::PidFile, always),
    (b'F', "fsfreeze-hook", Takes::MaybeValue, Opt::Hook, |it| it.hook_option),
    (b'v', "verbose", Takes::Nothing, Opt::Verbose, always),
    (b'm', "method", Takes::Value, Opt::Method, always),
    (b'p', "path", Takes::Value, Opt::Path, always),
    (b'd', "daemonize", Takes::Nothing, Opt::Daemonize, always),
    (b'b', "block-rpcs", Takes::Value, Opt::Block, has_block_rpcs),
    (b'b', "blacklist", Takes::Value, Opt::Block, has_blacklist),
    (b'a', "allow-rpcs", Takes::Value, Opt::Allow, |it| it.allow_option),
    (b's', "", Takes::Value, Opt::Service, |it| it.state_option),
    (b't', "statedir", Takes::Value, Opt::StateFolder, |it| it.state_option),
    (b'r', "retry-path", Takes::Nothing, Opt::Retry, |it| it.retry_option),
];

fn always(_: &Release) -> bool {
    true
}

fn has_block_rpcs(release: &Release) -> bool {
    matches!(
        release.block_option,
        BlockOption::BlockRpcs | BlockOption::BlockRpcsOrBlacklist
    )
}

fn has_blacklist(release: &Release) -> bool {
    matches!(
        release.block_option,
        BlockOption::Blacklist | BlockOption::BlockRpcsOrBlacklist
    )
}

/// The options of a release, with the simulator's own beside them.
pub(crate) fn of_release(release: &Release, stops_at_positional: bool) -> Table<Opt> {
    let rows = ROWS.iter().filter(|row| (row.4)(release));
    table(rows, release.long_option_values, stops_at_positional)
}

/// The options of all releases together, to find the simulator's own among them
/// before the release is known.
pub(crate) fn of_any_release(stops_at_positional: bool) -> Table<Opt> {
    table(ROWS.iter(), true, stops_at_positional)
}

fn table<'r>(rows: impl Iterator<Item = &'r Row> + Clone, long_values: bool, stops_at_positional: bool) -> Table<Opt> {
    let shorts = rows.clone().map(|(letter, _, takes, option, _)| Short {
        letter: *letter,
        takes: *takes,
        option: *option,
    });
    let longs = rows
        .filter(|row| !row.1.is_empty())
        .map(|(_, name, takes, option, _)| Long {
            name,
            takes: if long_values { *takes } else { Takes::Nothing },
            option: *option,
            whole: false,
        });
    Table {
        shorts: shorts.collect(),
        longs: longs.chain(OwnOption::longs()).collect(),
        stops_at_positional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(release: &str) -> String {
        let table = of_release(Release::find(release).unwrap(), false);
        let mut letters: Vec<char> = table.shorts.iter().map(|it| it.letter as char).collect();
        letters.sort_unstable();
        letters.dedup();
        letters.into_iter().collect()
    }

    #[test]
    fn each_release_has_its_letters() {
        for (release, expected) in [
            ("0.15", "Vdfhlmpv"),
            ("1.0.50", "Vbdfhlmpv"),
            ("1.1", "Vbdfhlmpstv"),
            ("1.4", "FVbdfhlmpstv"),
            ("2.5", "DFVbdfhlmpstv"),
            ("3.1", "DFVbdfhlmprstv"),
            ("7.2", "DFVbdfhlmprstv"),
            ("8.1", "DFVabdfhlmprstv"),
            ("10.0", "DFVabcdfhlmprstv"),
        ] {
            assert_eq!(letters(release), expected, "{release}");
        }
    }

    #[test]
    fn the_block_list_is_called_by_each_release_s_names() {
        for (release, expected) in [
            ("0.15", ""),
            ("5.2", "blacklist"),
            ("7.2", "block-rpcs blacklist"),
            ("10.0", "block-rpcs"),
        ] {
            let table = of_release(Release::find(release).unwrap(), false);
            let names: Vec<&str> = table
                .longs
                .iter()
                .filter(|it| it.option == Opt::Block)
                .map(|it| it.name)
                .collect();
            assert_eq!(names.join(" "), expected, "{release}");
        }
    }
}
