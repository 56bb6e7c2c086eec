variable "K8S" { default = "1.31.2" }
variable "REV" { default = "0" }
target "k" {
  matrix = { c = ["kubectl", "kubelet"] }
  name = "k-${c}"
  target = c
  args = { MINOR = join(".", slice(split(".", K8S), 0, 2)) }
  tags = ["reg.example.com/${c}:v${K8S}-r${REV}", "reg.example.com/${c}:v${join(".", slice(split(".", K8S), 0, 2))}"]
}
