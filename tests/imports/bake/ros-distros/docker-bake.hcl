variable "DISTROS" {
  default = {
    humble = { os = "jammy", latest = false }
    jazzy = { os = "noble", latest = true }
  }
}
target "core" {
  name = "${d}-core"
  matrix = { d = keys(DISTROS) }
  context = "ros/${d}/${DISTROS[d].os}/ros-core"
  tags = concat(["acme/ros:${d}-ros-core", "acme/ros:${d}-ros-core-${DISTROS[d].os}"])
}
target "base" {
  name = "${d}-base"
  matrix = { d = keys(DISTROS) }
  context = "ros/${d}/${DISTROS[d].os}/ros-base"
  contexts = { "ros:${d}-ros-core" = "target:${d}-core" }
  tags = concat(["acme/ros:${d}", "acme/ros:${d}-ros-base"], DISTROS[d].latest ? ["acme/ros:latest"] : [])
}
