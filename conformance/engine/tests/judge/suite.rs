//! Many scripts together: what is selected, listed, and refused.

use qga_engine::script::ScriptError;
use qga_engine::suite::Suite;
use rstest::rstest;

fn script(claim: &str) -> String {
    format!("session x\n\n{claim}\n> {{\"execute\": \"guest-ping\"}}\n< _\n")
}

fn suite(claims: &[(&str, &str)]) -> Result<Suite, Vec<ScriptError>> {
    let texts: Vec<(&str, String)> = claims.iter().map(|(file, claim)| (*file, script(claim))).collect();
    Suite::parse(texts.iter().map(|(file, text)| (*file, text.as_str())))
}

#[rstest]
#[case(&[], Ok("sync/a.session sync/deep/b.session file/a.session"))]
#[case(&["sync"], Ok("sync/a.session sync/deep/b.session"))]
#[case(&["sync/"], Ok("sync/a.session sync/deep/b.session"))]
#[case(&["sync/deep"], Ok("sync/deep/b.session"))]
#[case(&["file/a"], Ok("file/a.session"))]
#[case(&["file/a.session", "SYNC-001"], Ok("sync/a.session file/a.session"))]
#[case(&["file/a", "file/a"], Ok("file/a.session"))]
#[case(&["SYNC-001", "SYNC-0O2"], Err("no script, folder or claim is called `SYNC-0O2`; did you mean `SYNC-002`?"))]
#[case(&["fiel"], Err("no script, folder or claim is called `fiel`; did you mean `file`?"))]
#[case(&["a"], Err("no script, folder or claim is called `a`"))]
#[case(&[""], Err("no script, folder or claim is called ``"))]
fn scripts_are_found_by_name_folder_and_claim(#[case] words: &[&str], #[case] found: Result<&str, &str>) {
    let suite = suite(&[
        ("sync/a.session", "must SYNC-001 x"),
        ("sync/deep/b.session", "must SYNC-002 y"),
        ("file/a.session", "must FILE-001 z"),
    ]);
    let suite = suite.expect("they are scripts");
    let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
    let selected = suite.select(&words);
    let files = selected.map(|it| it.iter().map(|it| it.file.as_str()).collect::<Vec<_>>().join(" "));
    let files = files.map_err(|it| it.join("\n"));
    assert_eq!(files, found.map(str::to_owned).map_err(str::to_owned));
}

#[test]
fn a_claim_may_stand_in_several_scripts() {
    let suite = suite(&[("a", "must SYNC-001 x [one]"), ("b", "must SYNC-001 x [two]")]).expect("they agree");
    let catalogue = suite.catalogue();
    let files: Vec<&str> = catalogue
        .values()
        .flat_map(|(_, it)| it.iter().map(|it| it.file.as_str()))
        .collect();
    assert_eq!(files, ["a", "b"]);
}

#[rstest]
#[case("exact SYNC-001 x", "b:3:1: `SYNC-001` says something else at a:3: must, x")]
#[case("must SYNC-001 y", "b:3:1: `SYNC-001` says something else at a:3: must, x")]
fn one_id_says_one_thing(#[case] claim: &str, #[case] message: &str) {
    let errors = suite(&[("a", "must SYNC-001 x"), ("b", claim)]).expect_err("they contradict");
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().starts_with(message), "{}", errors[0]);
}

#[test]
fn the_mistakes_of_all_files_are_told() {
    let errors = suite(&[("a", "mist SYNC-001 x"), ("b", "must SYNC-002 x"), ("c", "must SYNC x")]);
    let files: Vec<String> = errors
        .expect_err("two are wrong")
        .into_iter()
        .map(|it| it.file)
        .collect();
    assert_eq!(files, ["a", "c"]);
}

#[test]
fn a_list_has_what_a_program_needs() {
    let text = "session open a file\n\n> {\"execute\": \"guest-file-open\"}\n\
        must FILE-001 open [schema]\n> {'execute': 'guest-ping'}\n>raw {\"execute\": \"guest-shut\n< _\n";
    let suite = Suite::parse([("file/a.session", text)]).expect("it is a script");
    let list = serde_json::to_string(&suite.listing()).expect("it is data");
    let expected = "[{\"file\":\"file/a.session\",\"session\":\"open a file\",\"effects\":[\"files\"],\
        \"commands\":[\"guest-file-open\",\"guest-ping\"],\"claims\":[{\"id\":\"FILE-001\",\"level\":\"must\",\
        \"text\":\"open\",\"source\":\"schema\",\"line\":4}]}]";
    assert_eq!(list, expected);
}
