//! A real registry for one test: `docker-registry` from Debian's package of that name, on a free port of this machine,
//! with its own folder. It ends when it is dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Server {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Without authentication, and with deletion enabled.
    pub fn open() -> Self {
        Self::with("")
    }

    /// With authentication: user `me`, password `sesame`.
    pub fn closed() -> Self {
        // The bcrypt hash of `sesame`, computed once: the registry accepts no weaker kind.
        let server = Self::with("auth:\n  htpasswd:\n    realm: here\n    path: FOLDER/users\n");
        assert!(server.folder.path().join("users").exists());
        server
    }

    fn with(more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = format!(
            "version: 0.1\nlog:\n  accesslog:\n    disabled: true\n  level: error\nhttp:\n  addr: 127.0.0.1:{port}\n\
             storage:\n  filesystem:\n    rootdirectory: FOLDER/data\n  delete:\n    enabled: true\n{more}"
        );
        let users = "me:$2y$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O\n";
        fs::write(folder.path().join("users"), users).unwrap();
        let config = config.replace("FOLDER", folder.path().to_str().unwrap());
        fs::write(folder.path().join("config.yml"), config).unwrap();
        let mut server = Self {
            folder,
            port,
            child: None,
        };
        server.start();
        server
    }

    /// Starts it, also again after a [`Server::stop`] with the same contents.
    pub fn start(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(self.folder.path().join("config.yml"))
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let why =
            "this test needs the program docker-registry (Debian: apt-get install docker-registry)";
        self.child = Some(child.unwrap_or_else(|e| panic!("{why}: {e}")));
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(
                Instant::now() < end,
                "docker-registry does not listen: {}",
                log()
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Kills it like `kill -9`.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn domain(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
