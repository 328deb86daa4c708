//! Agents that do what an earlier release does.

use qga_fixtures::schema::{
    ArgumentsNotObject, Base64Alphabet, ControlMember, DoubleInAlternate, DuplicateKeys, FileHandles, FileOpening,
    ReadWriteSwitch, Release, RequestId, UnexpectedArgument, WhenceNumbers,
};
use serde::Deserialize;

/// The difference that is mixed up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    IdTakenAndForgotten,
    ControlTaken,
    ArgumentsIgnored,
    UnexpectedArgumentsTaken,
    DuplicateKeysTaken,
    HandlesAreDescriptors,
    OpenedByTheLibrary,
    DataNotChecked,
    ReadAndWriteNotSwitched,
    WhenceNotChecked,
    WholeWhenceTaken,
    FreezeWithoutGate,
    BusyFilesystemsSkipped,
    ReadsOfOneKilobyte,
}

impl Rule {
    /// The release with that one difference. It is never freed: an agent that
    /// deviates is made to be tested with.
    pub(super) fn changed(self, release: &Release) -> &'static Release {
        let mut release = release.clone();
        match self {
            Rule::IdTakenAndForgotten => release.request_id = RequestId::Ignored,
            Rule::ControlTaken => release.control_member = ControlMember::Ignored,
            Rule::ArgumentsIgnored => release.arguments_not_object = ArgumentsNotObject::Ignored,
            Rule::UnexpectedArgumentsTaken => release.unexpected_argument = UnexpectedArgument::Ignored,
            Rule::DuplicateKeysTaken => release.duplicate_keys = DuplicateKeys::LastWins,
            Rule::HandlesAreDescriptors => release.file_handles = FileHandles::Descriptor,
            Rule::OpenedByTheLibrary => release.file_opening = FileOpening::Fopen,
            Rule::DataNotChecked => release.base64_alphabet = Base64Alphabet::Skipping,
            Rule::ReadAndWriteNotSwitched => release.read_write_switch = ReadWriteSwitch::Raw,
            Rule::WhenceNotChecked => release.whence_numbers = WhenceNumbers::Raw,
            Rule::WholeWhenceTaken => release.double_in_alternate = DoubleInAlternate::NoBranch,
            Rule::FreezeWithoutGate => release.freeze_gates_commands = false,
            Rule::BusyFilesystemsSkipped => release.freeze_skips_busy = true,
            Rule::ReadsOfOneKilobyte => release.read_count_max = 1024,
        }
        Box::leak(Box::new(release))
    }
}
