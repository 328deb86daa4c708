//! A violation that was seen and cannot be looked for again: the agent is not there any
//! more. It is told as it was seen.

use super::hunt::Sighting;
use crate::target::DEFAULT_IMAGE;
use qga_engine::fuzz::report::{Certainty, Finding};
use qga_engine::fuzz::script::{Origin, Telling, script};
use qga_engine::fuzz::{Call, End, Session, Step, Transcript};
use qga_engine::script::print;

/// A reply after which scripts wait for any.
const REFUSAL: &[u8] = b"{\"error\": {}}\n";

/// The finding, with what was sent as its script.
pub fn finding(sighting: &Sighting<'_>, transcript: &Transcript, image: &str) -> Finding {
    let violation = sighting.violation;
    let sent = Session {
        steps: sighting.session.steps[..sent(sighting, transcript)].to_vec(),
    };
    let at = violation.step.min(sighting.cases.len().saturating_sub(1));
    let origin = Origin {
        seed: sighting.seed,
        case: sighting.cases.get(at).copied().unwrap_or_default(),
        guest: Some(image.to_owned()).filter(|it| it != DEFAULT_IMAGE),
    };
    let due = with_what_was_due(&sent, transcript);
    let script = script(&sent, &due, violation, &origin, Telling::Plainly);
    Finding {
        property: violation.property,
        command: violation.command.clone(),
        member: violation.member.clone(),
        found: format!("{}; it could not be looked for again", violation.found),
        case: origin.case,
        steps: sent.steps.len(),
        certainty: Certainty::Seen,
        milliseconds: 0,
        times: 1,
        script: script.as_ref().map(print).unwrap_or_default(),
        file: None,
    }
}

/// A session of one request that was not answered, and its transcript.
pub fn asked(command: &'static str, end: End) -> (Session, Transcript) {
    let session = Session {
        steps: vec![Step::Call(Call::plain(command))],
    };
    let mut transcript = Transcript::new(1);
    transcript.end(0, end);
    transcript.end = end;
    (session, transcript)
}

/// How many steps may have led to the violation: those up to it, and, where the agent did
/// not answer to the end, requests that went out at once with it. An agent may have kept
/// answers back when it came to the one that was too much.
fn sent(sighting: &Sighting<'_>, transcript: &Transcript) -> usize {
    let steps = &sighting.session.steps;
    let sure = (sighting.violation.step + 1).min(steps.len());
    if transcript.end == End::Complete {
        return sure;
    }
    let went_with_it =
        |(at, step): &(usize, &Step)| matches!(step, Step::Call(_)) && transcript.end_of(*at) != End::NotSent;
    let more = steps.iter().enumerate().skip(sure).take_while(went_with_it);
    sure + more.count()
}

/// The transcript, and something in the place of each answer to a request that did not
/// come: a script waits for it.
fn with_what_was_due(sent: &Session, transcript: &Transcript) -> Transcript {
    let mut due = transcript.clone();
    for (at, step) in sent.steps.iter().enumerate() {
        if matches!(step, Step::Call(_)) && transcript.lines_of(at).len() == 0 {
            due.line(at, REFUSAL);
        }
    }
    due
}
