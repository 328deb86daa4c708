//! The time zones that recorded agents were given.

/// Name and offset of zones that are named by place, in seconds east of UTC.
const PLACES: &[(&str, &str, i64)] = &[("Asia/Kolkata", "IST", 19_800)];

/// What a value of `TZ` means to the agent: a name, and seconds east of UTC. What
/// it does not know is UTC; places it knows from the machine's files, if it
/// `has_places`.
pub(super) fn of(variable: &str, has_places: bool) -> (String, i64) {
    let place = PLACES
        .iter()
        .filter(|_| has_places)
        .find(|(place, ..)| *place == variable);
    let place = place.map(|(_, name, offset)| ((*name).to_owned(), *offset));
    place
        .or_else(|| posix(variable))
        .unwrap_or_else(|| ("UTC".to_owned(), 0))
}

/// `NAME[+|-]HOURS`, whose hours count west of UTC.
fn posix(variable: &str) -> Option<(String, i64)> {
    let end = variable.find(|it: char| !it.is_ascii_alphabetic())?;
    let (name, hours) = variable.split_at(end);
    let west: i64 = hours.parse().ok()?;
    (name.len() >= 3).then(|| (name.to_owned(), -west * 3600))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn zones_are_those_that_agents_named() {
        for (variable, name, offset) in [
            ("UTC", "UTC", 0),
            ("Asia/Kolkata", "IST", 19_800),
            ("XXX+3", "XXX", -10_800),
            ("EST5", "EST", -18_000),
            ("YYY-2", "YYY", 7_200),
            ("bogus/zone", "UTC", 0),
        ] {
            assert_eq!(of(variable, true), (name.to_owned(), offset), "{variable}");
        }
        assert_eq!(of("Asia/Kolkata", false), ("UTC".to_owned(), 0));
    }
}
