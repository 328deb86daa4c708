//! The guest images that come with the simulator.

use crate::likeness;
use crate::status::Problem;
use qga_model::guest::Guest;

/// The image of a script that names none.
pub const DEFAULT_IMAGE: &str = "default";

/// The simulated machine of an image.
///
/// # Errors
/// There is no such image.
pub(super) fn load(name: &str) -> Result<Guest, Problem> {
    Guest::named(name).ok_or_else(|| {
        let names = || {
            qga_fixtures::guests::GUESTS
                .iter()
                .filter_map(|it| it.file.strip_suffix(".toml"))
        };
        let like = likeness::nearest(name, names()).map_or(String::new(), |it| format!("did you mean {it}? "));
        let known = names().collect::<Vec<_>>().join(", ");
        Problem::usage(
            format!("there is no guest image {name}"),
            format!("{like}known are {known}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_by_name_and_slips_are_understood() {
        assert!(load(DEFAULT_IMAGE).is_ok());
        let problem = load("defualt").expect_err("a slip");
        assert!(
            problem.cure.starts_with("did you mean default? known are "),
            "{problem}"
        );
    }
}
