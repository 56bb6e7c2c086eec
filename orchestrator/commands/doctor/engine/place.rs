//! Where the engine is: what goes wrong with one that is not on this machine, and with those of CI systems.

use super::{Endpoint, Environment, Examined, Finding, WorldError};

const CHECK: &str = "place";

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    if !one.endpoint.is_remote() {
        let in_gitlab = one.env.get("GITLAB_CI") == Some("true");
        all.extend(in_gitlab.then(shared));
        return all;
    }
    all.push(Finding::note(CHECK, "the engine may be on another machine: a hook cannot mount a folder of this one into a container, and a port of a container there is not one of this machine"));
    if let Endpoint::Tcp { host, .. } = one.endpoint {
        all.extend(unprotected(host));
    }
    let here = one.wanted.loopback.iter().map(|domain| domain.as_str());
    let here: Vec<&str> = here.collect();
    if !here.is_empty() {
        all.push(Finding::note(CHECK, format!(
            "to the engine, {} is a registry on its own machine, not on this one\nuse a name that means the same on both, unless both are one machine",
            here.join(", ")
        )));
    }
    all
}

/// An engine of a runner that several jobs use.
fn shared() -> Finding {
    Finding::note(
        CHECK,
        "jobs of this runner may share the engine: containers and images of other jobs are there too; kiln's own have names of their own",
    )
}

fn unprotected(host: &str) -> Option<Finding> {
    let is_near = host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    let text = "the connection has no TLS: everyone who reaches that port controls the engine and its machine\nuse TLS (DOCKER_TLS_VERIFY=1, DOCKER_CERT_PATH), or ssh://, unless nothing else is in that network";
    (!is_near).then(|| Finding::note(CHECK, text))
}

/// Why no engine answers, with what the CI system may lack.
pub(super) fn unreachable(
    env: &Environment,
    endpoint: &Endpoint,
    why: &WorldError,
) -> Vec<Finding> {
    let mut all = vec![Finding::problem("engine", why)];
    let lacks = lacks(env, endpoint);
    all.extend(lacks.map(|text| Finding::note(CHECK, text)));
    all
}

fn lacks(env: &Environment, endpoint: &Endpoint) -> Option<&'static str> {
    let is = |name: &str| env.get(name) == Some("true");
    if let Endpoint::Unix(_) = endpoint {
        return match () {
            () if is("CIRCLECI") => {
                Some("CircleCI: jobs with the Docker executor need the step `setup_remote_docker`")
            }
            () if is("GITLAB_CI") => Some(
                "GitLab: jobs with the Docker executor need `services: [docker:dind]` and DOCKER_HOST, or the socket in the runner's `volumes`",
            ),
            () => None,
        };
    }
    let in_service = |host: &str| is("GITLAB_CI") && host == "docker";
    match endpoint {
        Endpoint::Tcp { port: 2375, .. } if env.get("DOCKER_TLS_CERTDIR").is_some() => Some(
            "DOCKER_TLS_CERTDIR is set, so docker:dind listens with TLS: DOCKER_HOST=tcp://docker:2376, DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH=$DOCKER_TLS_CERTDIR/client; or set DOCKER_TLS_CERTDIR to nothing",
        ),
        Endpoint::Tcp { port: 2376, .. } => Some(
            "port 2376 is for TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use port 2375 without TLS",
        ),
        Endpoint::Tcp { host, .. } | Endpoint::Tls { host, .. } if in_service(host) => Some(
            "GitLab: the job needs `services: [docker:dind]` and a privileged runner; on Kubernetes runners the host is `localhost`",
        ),
        _ => None,
    }
}
