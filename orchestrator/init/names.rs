//! Parts of the names of images.

use crate::name::{Domain, Reference, Repository};

/// Places of public images that others build on: a folder of the same name makes another image.
const PUBLIC: [&str; 19] = [
    "docker.io/bitnami",
    "docker.io/bitnamilegacy",
    "docker.io/continuumio",
    "docker.io/condaforge",
    "docker.io/jenkins",
    "docker.io/nvidia",
    "docker.io/nixos",
    "docker.io/selenium",
    "gcr.io/distroless",
    "ghcr.io/astral-sh",
    "ghcr.io/linuxserver",
    "ghcr.io/graalvm",
    "cgr.dev",
    "mcr.microsoft.com",
    "nvcr.io",
    "public.ecr.aws",
    "registry.access.redhat.com",
    "registry.k8s.io",
    "registry.redhat.io",
];

/// The names of Docker Hub's official images, old ones too. Any other name without a registry can only be an image of this
/// machine, such as that of a folder.
const OFFICIAL: [&str; 175] = [
    "adminer",
    "aerospike",
    "almalinux",
    "alpine",
    "alt",
    "amazoncorretto",
    "amazonlinux",
    "api-firewall",
    "arangodb",
    "archlinux",
    "backdrop",
    "bash",
    "bonita",
    "buildpack-deps",
    "busybox",
    "caddy",
    "cassandra",
    "celery",
    "centos",
    "chronograf",
    "cirros",
    "clearlinux",
    "clefos",
    "clickhouse",
    "clojure",
    "composer",
    "convertigo",
    "couchbase",
    "couchdb",
    "crate",
    "crux",
    "dart",
    "debian",
    "django",
    "docker",
    "docker-dev",
    "drupal",
    "eclipse-mosquitto",
    "eclipse-temurin",
    "eggdrop",
    "elasticsearch",
    "elixir",
    "emqx",
    "erlang",
    "euleros",
    "express-gateway",
    "fedora",
    "flink",
    "fluentd",
    "friendica",
    "fsharp",
    "gazebo",
    "gcc",
    "geonetwork",
    "ghost",
    "glassfish",
    "golang",
    "gradle",
    "groovy",
    "haproxy",
    "haskell",
    "haxe",
    "hello-seattle",
    "hello-world",
    "hipache",
    "hitch",
    "hola-mundo",
    "httpd",
    "hylang",
    "ibm-semeru-runtimes",
    "ibmjava",
    "influxdb",
    "iojs",
    "irssi",
    "java",
    "jenkins",
    "jetty",
    "jobber",
    "joomla",
    "jruby",
    "julia",
    "kaazing-gateway",
    "kapacitor",
    "kibana",
    "known",
    "kong",
    "krakend",
    "lightstreamer",
    "liquibase",
    "logstash",
    "mageia",
    "mariadb",
    "matomo",
    "maven",
    "mediawiki",
    "memcached",
    "mongo",
    "mongo-express",
    "monica",
    "mono",
    "mysql",
    "nats",
    "nats-streaming",
    "neo4j",
    "neurodebian",
    "nextcloud",
    "nginx",
    "node",
    "notary",
    "nuxeo",
    "odoo",
    "open-liberty",
    "openjdk",
    "opensuse",
    "oraclelinux",
    "orientdb",
    "owncloud",
    "percona",
    "perl",
    "photon",
    "php",
    "php-zendserver",
    "phpmyadmin",
    "piwik",
    "plone",
    "postfixadmin",
    "postgres",
    "pypy",
    "python",
    "r-base",
    "rabbitmq",
    "rails",
    "rakudo-star",
    "redis",
    "redmine",
    "registry",
    "rethinkdb",
    "rocket.chat",
    "rockylinux",
    "ros",
    "ruby",
    "rust",
    "sapmachine",
    "satosa",
    "scratch",
    "sentry",
    "silverpeas",
    "sl",
    "solr",
    "sonarqube",
    "sourcemage",
    "spark",
    "spiped",
    "storm",
    "swarm",
    "swift",
    "swipl",
    "teamspeak",
    "telegraf",
    "thrift",
    "tomcat",
    "tomee",
    "traefik",
    "ubuntu",
    "ubuntu-debootstrap",
    "ubuntu-upstart",
    "unit",
    "varnish",
    "vault",
    "websphere-liberty",
    "wordpress",
    "xwiki",
    "yourls",
    "znc",
    "zookeeper",
];

/// Whether it is one of Docker Hub's official images.
pub(super) fn is_official(repository: &Repository) -> bool {
    is_library(repository) && OFFICIAL.binary_search(&last(repository)).is_ok()
}

/// The place of Docker Hub's official images, which users cannot publish.
pub(super) fn is_library(repository: &Repository) -> bool {
    repository.domain().as_str() == Domain::HUB && repository.path().starts_with("library/")
}

/// The last part of its path, which is the image's name.
pub(super) fn last(repository: &Repository) -> &str {
    repository.path().rsplit('/').next().unwrap_or_default()
}

/// The tag of a reference; `latest` if it has none.
pub(super) fn tag(reference: &Reference) -> &str {
    reference.tag.as_ref().map_or("latest", |tag| tag.as_str())
}

/// A name as named contexts have it: `base` for `docker.io/library/base:latest`.
pub(super) fn local_name(reference: &Reference) -> String {
    let name = reference.familiar();
    name.strip_suffix(":latest")
        .map_or(name.clone(), str::to_owned)
}

/// Where images are published: `eu.gcr.io/team` and `ci-` for `eu.gcr.io/team/ci-base`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Space {
    /// The repository without its last part.
    pub above: String,
    /// What comes before the image's name in the last part.
    pub prefix: String,
}

impl Space {
    /// The space of a repository whose last part begins with a prefix.
    pub fn of(repository: &Repository, prefix: &str) -> Self {
        let whole = repository.to_string();
        let above = whole.rsplit_once('/').map_or("", |(above, _)| above);
        Self {
            above: above.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    /// The last part of the path above the images: the owner.
    pub fn owner(&self) -> &str {
        self.above.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is a known place of public images.
    pub fn is_public(&self) -> bool {
        let inside = |place: &str| {
            let rest = self.above.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        PUBLIC.iter().any(|place| inside(place))
    }

    /// Where it publishes an image.
    pub fn repository(&self, image: &str) -> String {
        format!("{}/{}{image}", self.above, self.prefix)
    }
}
