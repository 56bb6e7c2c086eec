//! The manifest of a fleet at one commit.

use super::super::engine::Fake as Engine;

/// The fleet of the histories: `root` on a base, `app` on `root`.
#[derive(Debug, Clone)]
pub struct Tree {
    pub workspace: String,
    /// What root's Dockerfile makes.
    pub root: String,
    /// What app's Dockerfile makes.
    pub app: String,
    /// The versions of root, the one that app is based on first.
    pub versions: Vec<String>,
    pub rungs: String,
    pub root_tags: String,
    pub app_tags: String,
    /// Further lines of root's tool set.
    pub root_set: String,
    /// Further lines of root and app.
    pub root_more: String,
    pub app_more: String,
    pub platforms: String,
    /// What is published, besides `r.example/f/{image}`.
    pub publish: String,
    /// Hooks of the workspace.
    pub hooks: String,
    /// Further lines of the workspace.
    pub stage: String,
    /// Further images.
    pub more: String,
    /// The bases in `kiln.lock`, by the state at which each is locked; `c=C` locks the other base.
    pub lock: String,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            workspace: "w".into(),
            root: "root-1".into(),
            app: "app-1".into(),
            versions: vec!["1.27.0".into()],
            rungs: "full minor latest".into(),
            root_tags: "tag \"{version}\"".into(),
            app_tags: "tag \"stable\"".into(),
            root_set: String::new(),
            root_more: String::new(),
            app_more: String::new(),
            platforms: "\"linux/amd64\"".into(),
            publish: String::new(),
            hooks: String::new(),
            stage: String::new(),
            more: String::new(),
            lock: String::new(),
        }
    }
}

impl Tree {
    /// Changes one part of the manifest.
    pub fn edit(&mut self, part: &str, text: &str) {
        let text = text.to_owned();
        match part {
            "workspace" => self.workspace = text,
            "root" => self.root = text,
            "app" => self.app = text,
            "versions" => self.versions = text.split(' ').map(str::to_owned).collect(),
            "rungs" => self.rungs = text,
            "root-tags" => self.root_tags = text,
            "app-tags" => self.app_tags = text,
            "root-set" => self.root_set = text,
            "root-more" => self.root_more = text,
            "app-more" => self.app_more = text,
            "platforms" => self.platforms = text,
            "publish" => self.publish = text,
            "hooks" => self.hooks = text,
            "stage" => self.stage = text,
            "more" => self.more = text,
            "lock" => self.lock = text,
            other => panic!("a manifest has no {other}"),
        }
    }

    /// The text of `kiln.lock`: `D1` locks `b` on both platforms, `c=C` locks `c`; nothing if the bases are not locked.
    pub fn lock(&self) -> String {
        let mut lines = String::new();
        for word in self.lock.split_whitespace() {
            lines += &match word.split_once('=') {
                Some((name, content)) => {
                    let digest = Engine::base(content).digest;
                    format!("r.example/{name}:1 linux/amd64 {digest}\n")
                }
                None => ["linux/amd64", "linux/arm64"]
                    .iter()
                    .filter(|platform| self.platforms.contains(*platform))
                    .map(|text| {
                        let platform = text.parse().expect("a platform");
                        let digest = Engine::base_for(word, &platform).digest;
                        format!("r.example/b:1 {text} {digest}\n")
                    })
                    .collect(),
            };
        }
        match lines.is_empty() {
            true => lines,
            false => format!("version 1\n{lines}"),
        }
    }

    pub fn manifest(&self) -> String {
        let Tree {
            workspace,
            root,
            app,
            rungs,
            root_tags,
            app_tags,
            root_set,
            root_more,
            app_more,
            platforms,
            publish,
            hooks,
            stage,
            more,
            ..
        } = self;
        // `1.26.0@2026-01-31` has a last day.
        let value = |version: &String| match version.split_once('@') {
            Some((version, until)) => format!("value \"{version}\" until=\"{until}\"; "),
            None => format!("value \"{version}\"; "),
        };
        let values = self.versions.iter().map(value);
        let (values, newest) = (values.collect::<String>(), &self.versions[0]);
        format!(
            "workspace \"{workspace}\" {{ publish \"r.example/f/{{image}}\" {publish}; stage \"r.example/f/stage\"; {hooks}
            {stage} }}
            base \"b\" from=\"r.example/b:1\"
            toolset \"root\" {{ param \"version\"; run \"make {root}\"; {root_set} }}
            toolset \"app\" {{ run \"make {app}\" }}
            image \"root\" {{ axis \"version\" kind=\"version\" rungs=\"{rungs}\" {{ {values}}}
                from base=\"b\"; platforms {platforms}; use \"root\" version=\"{{version}}\"; {root_tags}; {root_more} }}
            image \"app\" {{ from image=\"root\" version=\"{newest}\"; platforms {platforms}; use \"app\"; {app_tags}; {app_more} }}
            {more}
            "
        )
    }
}
