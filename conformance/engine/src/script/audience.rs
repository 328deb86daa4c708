//! For which agents a claim of a script is: what its header and its guards say.

use super::{FieldKind, RecordKind, Script};
use crate::script::Condition;
use qga_fixtures::schema::{Release, System};

impl Script {
    /// Whether its header means an agent.
    pub fn is_for(&self, release: &Release, system: System) -> bool {
        self.header.fields.iter().all(|it| match it.kind {
            FieldKind::Since(version) => Condition::Since(version).holds(release, system),
            FieldKind::Before(version) => Condition::Before(version).holds(release, system),
            FieldKind::Os(os) => os == system,
            _ => true,
        })
    }

    /// The system its header names, if it names one.
    pub fn system(&self) -> Option<System> {
        self.header.fields.iter().find_map(|it| match it.kind {
            FieldKind::Os(system) => Some(system),
            _ => None,
        })
    }

    /// Whether its claim of that number, counted from 0, is put to an agent: the header
    /// means the agent, and so does some expectation under the claim.
    pub fn puts(&self, claim: usize, release: &Release, system: System) -> bool {
        let Some((at, _)) = self.claims().nth(claim) else {
            return false;
        };
        let own = self.records[at + 1..].iter();
        let own = own.take_while(|it| !matches!(it.kind, RecordKind::Claim(_)));
        let mut expected = own.filter(|it| it.kind.is_expectation());
        let guarded = |it: &super::Record| it.guard.as_ref().is_none_or(|it| it.condition.holds(release, system));
        self.is_for(release, system) && expected.any(guarded)
    }
}

#[cfg(test)]
mod tests {
    use crate::script::parse;
    use qga_fixtures::schema::{Release, System};
    use rstest::rstest;

    const SCRIPT: &str = "session s
since   1.1
os      linux

must    OWN-001  one  [schema: guest-ping]
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}

exact   OWN-002  two  [qemu-ga]
onlyif since 3.1
<also   {\"return\": {}}
";

    #[rstest]
    #[case::older("1.0", System::Linux, [false, false])]
    #[case::before_the_guard("1.1", System::Linux, [true, false])]
    #[case::newer("7.2", System::Linux, [true, true])]
    #[case::other_system("7.2", System::Bsd, [false, false])]
    fn header_and_guards_say_for_whom_a_claim_is(
        #[case] release: &str,
        #[case] system: System,
        #[case] expected: [bool; 2],
    ) {
        let script = parse("s.session", SCRIPT).expect("a good script");
        let release = Release::find(release).expect("a release");
        assert_eq!([0, 1].map(|it| script.puts(it, release, system)), expected);
        assert_eq!(script.is_for(release, system), expected[0]);
        assert!(!script.puts(2, release, system), "there is no third claim");
        assert_eq!(script.system(), Some(System::Linux));
    }
}
