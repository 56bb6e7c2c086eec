# Templates inside heredocs: which spaces belong to the text.
target "a" {
  tags = ["acme/a:1"]
  dockerfile-inline = "FROM a\n  ${~ "x" ~}  \n\n b" 
}
target "b" {
  tags = ["acme/b:1"]
  dockerfile-inline = <<EOT
FROM a  
  ${~ "x" ~}  

 b
EOT
}
target "c" {
  tags = ["acme/c:1"]
  dockerfile-inline = <<EOT
FROM a  
${~ "x" ~} y 
 b
EOT
}
target "d" {
  tags = ["acme/d:1"]
  dockerfile-inline = <<-EOT
  FROM a  
    ${~ "x" ~} y 
   b
  EOT
}
target "e" {
  tags = ["acme/e:1"]
  dockerfile-inline = <<-EOT
    FROM a
    %{~ for p in ["x", "y"] }
    RUN ${p}
    %{~ endfor }

    %{ if true }RUN b%{ else }RUN c
      %{ endif }
      COPY . .
   
  EOT
}
target "f" {
  tags = ["acme/f:1"]
  dockerfile-inline = join("", ["FROM a\n", <<-EOT
    	RUN a
      RUN b
        EOT
, "RUN c"])
}
target "g" {
  tags = ["acme/g:1"]
  dockerfile-inline = <<-EOT
    %{ for p in ["x", "y"] ~}
    FROM ${p}
    %{ endfor ~}
    RUN "$${HOME}" %%{x}
  EOT
}
