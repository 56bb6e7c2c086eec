use super::*;

fn listed(given: &[&str], variable: Option<&str>) -> Vec<String> {
    let given: Vec<String> = given.iter().map(ToString::to_string).collect();
    let variables = variable.map(|value| ("KILN_ENGINES".to_owned(), value.to_owned()));
    names(&given, &Environment::from_iter(variables))
}

#[test]
fn engines_are_named_on_the_command_line_or_in_the_environment() {
    let none: [&str; 0] = [];
    assert_eq!(listed(&[], None), none);
    assert_eq!(listed(&[], Some(" ")), none);
    assert_eq!(
        listed(&[], Some("a, b\nunix:///c")),
        ["a", "b", "unix:///c"]
    );
    assert_eq!(listed(&["d"], Some("a")), ["d"]);
}
