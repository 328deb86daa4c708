//! What agents are called where several stand side by side.

use super::Report;

/// A name for each report, none twice: the agent's own, and as much of how it was
/// judged as tells it from the others.
pub(super) fn heads(reports: &[Report]) -> Vec<String> {
    let forms: [fn(&Report) -> String; 4] = [
        |it| it.agent.clone(),
        |it| format!("{} at {}", it.agent, it.level),
        |it| format!("{} as {} at {}", it.agent, it.release, it.level),
        |it| format!("{} as {} at {}, {}", it.agent, it.release, it.level, it.target),
    ];
    let tell_apart = |form: &fn(&Report) -> String| {
        let names: Vec<String> = reports.iter().map(form).collect();
        let is_once = |name: &String| names.iter().filter(|it| *it == name).count() == 1;
        names.iter().all(is_once).then_some(names)
    };
    forms.iter().find_map(tell_apart).unwrap_or_else(|| numbered(reports))
}

fn numbered(reports: &[Report]) -> Vec<String> {
    let numbers = reports.iter().enumerate();
    numbers.map(|(at, it)| format!("{} #{}", it.agent, at + 1)).collect()
}
