//! `metadataTest`: checks of the image's configuration.

use super::fields::Fields;
use super::yaml::{Value, Yaml};
use crate::check::config::Config;
use crate::check::setting::Setting;
use crate::check::{Check, Expect, Kind};
use crate::text::Diagnostics;

/// One check per setting.
pub(super) fn read(yaml: &Yaml, out: &mut Diagnostics) -> Vec<Check> {
    let Some(mut fields) = Fields::of(yaml, "a metadata test", out) else {
        return Vec::new();
    };
    let mut checks = settings(&mut fields, "env", true, Kind::Env);
    // Both spellings of the field are in use.
    checks.extend(settings(&mut fields, "envVars", true, Kind::Env));
    checks.extend(settings(&mut fields, "unboundEnvVars", false, Kind::Env));
    checks.extend(settings(&mut fields, "labels", true, Kind::Label));
    let mut configs: Vec<Config> = Vec::new();
    configs.extend(fields.maybe_texts("entrypoint").map(Config::Entrypoint));
    configs.extend(fields.maybe_texts("cmd").map(Config::Cmd));
    configs.extend(fields.text("workdir").map(Config::Workdir));
    configs.extend(fields.text("user").map(Config::User));
    let mut each = |name, wanted, make: fn(String, bool) -> Config| {
        configs.extend(
            fields
                .texts(name)
                .into_iter()
                .map(|text| make(text, wanted)),
        );
    };
    each("exposedPorts", true, Config::Port);
    each("unexposedPorts", false, Config::Port);
    each("volumes", true, Config::Volume);
    each("unmountedVolumes", false, Config::Volume);
    fields.done();
    checks.extend(
        configs
            .into_iter()
            .map(|config| Check::new(yaml.span, Kind::Config(config))),
    );
    checks
}

/// `[{key: …, value: …, isRegex: true}]`
fn settings(
    fields: &mut Fields,
    name: &'static str,
    set: bool,
    kind: fn(Setting) -> Kind,
) -> Vec<Check> {
    let mut all = Vec::new();
    for item in fields.list(name) {
        let Some(mut pair) = Fields::of(item, "a variable or label", fields.out) else {
            continue;
        };
        let key = pair.required_text("key");
        let value = pair.take("value");
        let text = match value.map(|v| &v.value) {
            Some(Value::Text { text, .. }) => Some(text.clone()),
            _ => None,
        };
        let pattern = pair.boolean("isRegex") == Some(true);
        if let (true, Some(value), Some(text)) = (pattern, value, &text) {
            pair.pattern(value.span, text);
        }
        pair.done();
        let Some(key) = key else { continue };
        let setting = match text.filter(|_| set) {
            Some(text) if pattern => Setting {
                expect: Expect {
                    matches: vec![text],
                    ..Expect::default()
                },
                ..Setting::named(key)
            },
            value => Setting {
                set,
                value,
                ..Setting::named(key)
            },
        };
        all.push(Check::new(item.span, kind(setting)));
    }
    all
}
