//! How the simulated agent meets a claim: the exchange that it is judged by.

use crate::args::ExplainArgs;
use crate::observe::{Observed, Observer};
use crate::status::Problem;
use crate::target::{DEFAULT_RELEASE, find_release};
use qga_engine::Script;
use qga_engine::verdict::Outcome;
use qga_engine::wire::Wire;
use qga_fixtures::schema::{Evidence, RELEASES, Release};

/// The exchange of a script on the agent of a release.
pub(super) struct Shown {
    pub(super) release: &'static Release,
    pub(super) script: String,
    pub(super) wire: Vec<Wire>,
}

/// The exchange on the release that was asked for; else on the usual one, or on the
/// newest that the claim is put to. A sentence if there is none.
pub(super) async fn show(args: &ExplainArgs, scripts: &[(Script, usize)]) -> Result<Result<Shown, String>, Problem> {
    for release in releases(args) {
        let mut observer = Observer::new(release);
        for (script, claim) in scripts {
            let observed = observer.observe(script).await?;
            if let Some(wire) = observed.and_then(|it| exchange(&it, *claim)) {
                return Ok(Ok(Shown {
                    release,
                    script: script.file.clone(),
                    wire,
                }));
            }
        }
    }
    Ok(Err(match args.as_release {
        Some(release) => format!("the claim is not put to an agent of release {release}"),
        None => "the claim is put to no simulated agent".to_owned(),
    }))
}

fn releases(args: &ExplainArgs) -> Vec<&'static Release> {
    if let Some(release) = args.as_release {
        return vec![release];
    }
    let newest = RELEASES.iter().rev();
    let recorded = newest.clone().filter(|it| it.evidence == Evidence::Recorded);
    let usual = find_release(DEFAULT_RELEASE).ok();
    usual.into_iter().chain(recorded).chain(newest).collect()
}

/// What went over the wire where the claim was judged, if it was and holds.
fn exchange(observed: &Observed, claim: usize) -> Option<Vec<Wire>> {
    let holds = observed.outcomes.get(claim) == Some(&Outcome::Passed);
    let own = observed.exchanges.iter().filter(|it| it.claims.contains(&claim));
    let wire: Vec<Wire> = own.flat_map(|it| it.wire.iter().cloned()).collect();
    holds.then_some(wire)
}
