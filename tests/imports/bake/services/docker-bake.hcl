variable "TAG" { default = "dev" }
variable "REPO" { default = "europe-docker.pkg.dev/acme/prod" }
group "default" { targets = ["api", "web", "jobs"] }
group "api" { targets = ["api-server", "api-migrate"] }
group "web" { targets = ["web-app"] }
group "jobs" { targets = [for j in ["mailer", "cron"] : "job-${j}"] }
target "_base" {
  platforms = ["linux/amd64"]
  args = { COMMIT = "${TAG}" }
}
target "deps" {
  dockerfile = "docker/deps.Dockerfile"
}
target "api-server" {
  inherits = ["_base"]
  context = "services/api"
  contexts = { deps = "target:deps", proto = "./proto" }
  target = "server"
  tags = ["${REPO}/api:${TAG}"]
}
target "api-migrate" {
  inherits = ["api-server"]
  target = "migrate"
  tags = ["${REPO}/api-migrate:${TAG}"]
}
target "web-app" {
  inherits = ["_base"]
  context = "services/web"
  tags = ["${REPO}/web:${TAG}", "${REPO}/web:latest"]
}
target "job" {
  name = "job-${j}"
  matrix = { j = ["mailer", "cron"] }
  inherits = ["_base"]
  context = "services/jobs"
  args = { JOB = j }
  tags = ["${REPO}/job-${j}:${TAG}"]
}
