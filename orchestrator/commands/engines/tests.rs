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

#[test]
fn what_cannot_be_a_name_is_refused() {
    assert!(refused("").is_some_and(|why| why.contains("repeat --engine")));
    assert!(refused("a,b").is_some_and(|why| why.starts_with("--engine a,b: a comma")));
    for name in ["a", "unix:///run/docker.sock", "ssh://u@h"] {
        assert_eq!(refused(name), None);
    }
}

#[test]
fn a_wrong_address_is_one_of_the_command_line() {
    let env = Environment::from_iter([("HOME".to_owned(), "/nowhere".to_owned())]);
    for name in ["foo://x", "unix://", "nope", "", "a,b"] {
        let names = ["unix:///a".to_owned(), name.to_owned()];
        let exit = connections(&names, &env).err();
        assert_eq!(exit, Some(Exit::Wrong), "{name}");
    }
}
