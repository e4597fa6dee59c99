# --- the function -----------------------------------------------------------------------------------------------------

variable "function_name" {
  description = "Name of the Lambda function, of its role (unless `role_name` is set) and, after `/aws/lambda/`, of its log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must have 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "lambda_artifact" {
  description = "Source of the code; exactly one member. `release_version`: a tag of `release_repository`, such as `v3.0.0`, downloaded and verified by `gh` on the machine that applies. `lambda_zip_path`: a zip on that machine. `lambda_source_s3`: an object in a bucket in the function's region, with `bucket`, `key` and, optionally, `object_version` and `source_code_hash` (base64 of the SHA-256); without the last two, new bytes under the same key are not deployed."
  # lambda_source_s3 is an object with bucket, key, object_version and source_code_hash. The type any keeps misspelled
  # members, which a validation refuses; an object type drops them.
  type = object({
    release_version  = optional(string)
    lambda_zip_path  = optional(string)
    lambda_source_s3 = optional(any)
  })
  nullable = false

  validation {
    condition = length([
      for is_set in [
        var.lambda_artifact.release_version != null,
        var.lambda_artifact.lambda_zip_path != null,
        var.lambda_artifact.lambda_source_s3 != null,
      ] : is_set if is_set
    ]) == 1
    error_message = "lambda_artifact must set exactly one of release_version, lambda_zip_path and lambda_source_s3."
  }

  validation {
    condition = (
      var.lambda_artifact.release_version == null ? true :
      can(regex("^v?[0-9]+\\.[0-9]+\\.[0-9]+(-[A-Za-z0-9.-]+)?$", var.lambda_artifact.release_version))
    )
    error_message = "lambda_artifact.release_version must be a release's tag, such as v3.0.0."
  }

  validation {
    condition = (
      var.lambda_artifact.lambda_source_s3 == null ? true :
      try(length(var.lambda_artifact.lambda_source_s3.bucket) > 0 ? length(var.lambda_artifact.lambda_source_s3.key) > 0 : false, false)
    )
    error_message = "lambda_artifact.lambda_source_s3 needs a bucket and a key."
  }

  validation {
    condition = (
      var.lambda_artifact.lambda_source_s3 == null ? true :
      try(length(setsubtract(keys(var.lambda_artifact.lambda_source_s3), ["bucket", "key", "object_version", "source_code_hash"])) == 0, false)
    )
    error_message = "lambda_artifact.lambda_source_s3 has an unknown member: use only bucket, key, object_version and source_code_hash."
  }

  # Lambda's own rule: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
  validation {
    condition = (
      try(var.lambda_artifact.lambda_source_s3.bucket, null) == null ? true :
      can(regex("^[0-9A-Za-z._-]{2,62}[0-9A-Za-z_-]$", var.lambda_artifact.lambda_source_s3.bucket))
    )
    error_message = "lambda_artifact.lambda_source_s3.bucket must be the name of a bucket, of 3 to 63 letters, digits, periods, hyphens and underscores: not a URL such as s3://…, not an ARN."
  }

  validation {
    condition = (
      try(var.lambda_artifact.lambda_source_s3.source_code_hash, null) == null ? true :
      can(regex("^[A-Za-z0-9+/]{43}=$", var.lambda_artifact.lambda_source_s3.source_code_hash))
    )
    error_message = "lambda_artifact.lambda_source_s3.source_code_hash must be the base64 of the zip's SHA-256, as filebase64sha256() returns it."
  }
}

variable "release_repository" {
  description = "Repository, as `OWNER/NAME`, whose release is downloaded. Set it for a fork."
  type        = string
  default     = "meigma/github-token-broker"
  nullable    = false

  validation {
    condition = alltrue([
      can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.release_repository)),
      !can(regex("(^|/)\\.\\.?(/|$)", var.release_repository)),
    ])
    error_message = "release_repository must be OWNER/NAME, with letters, digits, periods, underscores and hyphens only."
  }
}

variable "verify_release_attestation" {
  description = "Whether `gh attestation verify` must accept the downloaded zip: the release workflow of `release_repository` built it from this tag on a GitHub-hosted runner. Set it to false only for a fork that does not attest. The checksum is always verified."
  type        = bool
  default     = true
  nullable    = false
}

variable "architecture" {
  description = "Instruction set: `arm64` or `x86_64`. A release has a zip for each."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "Memory in MB. Lambda allocates CPU in proportion to it."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = alltrue([var.memory_size >= 128, var.memory_size <= 10240, floor(var.memory_size) == var.memory_size])
    error_message = "memory_size must be a whole number from 128 to 10240."
  }
}

variable "timeout" {
  description = "Timeout of an invocation in seconds. The broker answers with an error before it is reached."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = alltrue([var.timeout >= 1, var.timeout <= 900, floor(var.timeout) == var.timeout])
    error_message = "timeout must be a whole number from 1 to 900."
  }
}

variable "reserved_concurrent_executions" {
  description = "Number of invocations that may run at the same time, reserved from the account's limit. 0 disables the broker; null or -1 reserves nothing."
  type        = number
  default     = null

  validation {
    condition = (
      var.reserved_concurrent_executions == null ? true :
      alltrue([var.reserved_concurrent_executions >= -1, floor(var.reserved_concurrent_executions) == var.reserved_concurrent_executions])
    )
    error_message = "reserved_concurrent_executions must be a whole number, -1 or greater."
  }
}

variable "code_signing_config_arn" {
  description = "ARN of a Lambda code signing configuration. Release zips are not signed with AWS Signer, so Lambda refuses them if the configuration enforces signatures: sign the zip yourself, and deploy it with `lambda_source_s3`."
  type        = string
  default     = null

  validation {
    condition = (
      var.code_signing_config_arn == null ? true :
      can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}$", var.code_signing_config_arn))
    )
    error_message = "code_signing_config_arn must be the ARN of a code signing configuration (…:code-signing-config:csc-…)."
  }
}

variable "tags" {
  description = "Tags of all resources. They override the module's own two tags."
  type        = map(string)
  default     = {}
  nullable    = false

  # The characters that Lambda, IAM, CloudWatch and CloudWatch Logs all accept: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
  validation {
    condition = alltrue([
      for key, value in var.tags : alltrue([
        can(regex("^[\\p{L}\\p{N}\\p{Z}_.:/=+@-]{1,128}$", key)),
        can(regex("^[\\p{L}\\p{N}\\p{Z}_.:/=+@-]{0,256}$", value)),
      ])
    ])
    error_message = "tags: a key has 1 to 128 characters and a value at most 256, of letters, digits, spaces and _.:/=+@-."
  }

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags: keys must not begin with aws:, which AWS reserves."
  }

  validation {
    condition     = length(setunion(keys(var.tags), ["github-token-broker:managed-by", "github-token-broker:module"])) <= 50
    error_message = "tags: AWS allows 50 tags on a resource, including the module's own two."
  }

  validation {
    condition     = length(var.tags) == length(distinct([for key in keys(var.tags) : lower(key)]))
    error_message = "tags: two keys differ only in case. IAM refuses such keys."
  }
}

# --- scope of the tokens ----------------------------------------------------------------------------------------------

variable "repository_owner" {
  description = "Account or organisation that owns the repository."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+$", var.repository_owner))
    error_message = "repository_owner must have letters, digits, periods, underscores and hyphens only."
  }

  validation {
    condition     = !contains([".", ".."], var.repository_owner)
    error_message = "repository_owner must not be \".\" or \"..\"."
  }
}

variable "repository_name" {
  description = "Repository that tokens give access to, without its owner."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+$", var.repository_name))
    error_message = "repository_name must have letters, digits, periods, underscores and hyphens only."
  }

  validation {
    condition     = !contains([".", ".."], var.repository_name)
    error_message = "repository_name must not be \".\" or \"..\"."
  }
}

variable "permissions" {
  description = "Permissions of each token: `read`, `write` or `admin` for each name in GitHub's API, such as `pull_requests`. The App's installation must have them."
  type        = map(string)
  default     = { contents = "read" }
  nullable    = false

  validation {
    condition     = length(var.permissions) > 0
    error_message = "permissions must request at least one permission."
  }

  # GitHub answers 422 to an unknown name or level, so every invocation of the broker would fail.
  validation {
    condition     = alltrue([for name in keys(var.permissions) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "permissions: a name must be spelled as in GitHub's API, in lower case and with underscores: pull_requests, not pull-requests or \"Pull requests\"."
  }

  validation {
    condition     = alltrue([for level in values(var.permissions) : try(contains(["read", "write", "admin"], level), false)])
    error_message = "permissions: a level must be read, write or admin. To omit a permission, omit its name."
  }
}

variable "ssm_parameter_paths" {
  description = "Names of the three SSM parameters with the GitHub App's credentials, in the function's account and region."
  type = object({
    client_id       = string
    installation_id = string
    private_key     = string
  })
  default = {
    client_id       = "/github-token-broker/app/client-id"
    installation_id = "/github-token-broker/app/installation-id"
    private_key     = "/github-token-broker/app/private-key-pem"
  }
  nullable = false

  validation {
    condition     = alltrue([for path in values(var.ssm_parameter_paths) : can(regex("^/[A-Za-z0-9_./-]+$", path))])
    error_message = "ssm_parameter_paths must be absolute literal SSM parameter paths: a slash, then letters, digits, periods, underscores, hyphens and slashes."
  }

  validation {
    condition     = alltrue([for path in values(var.ssm_parameter_paths) : !can(regex("//|/$", path))])
    error_message = "ssm_parameter_paths must not have consecutive slashes or a trailing slash: SSM allows no such name."
  }

  validation {
    condition     = length(distinct(values(var.ssm_parameter_paths))) == 3
    error_message = "ssm_parameter_paths must be three different names: each parameter has one value."
  }
}

variable "github_api_base_url" {
  description = "Base URL of GitHub's REST API: `https://HOST/api/v3` for GitHub Enterprise Server, `https://api.SUBDOMAIN.ghe.com` for GHE.com. An empty string means the default."
  type        = string
  default     = "https://api.github.com"
  nullable    = false

  validation {
    condition     = var.github_api_base_url == "" ? true : can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.github_api_base_url))
    error_message = "github_api_base_url must be absolute: a scheme and a host, such as https://api.github.com."
  }

  validation {
    condition = anytrue([
      !can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.github_api_base_url)), # refused above
      can(regex("^(?i:https)://", var.github_api_base_url)),
      can(regex("^(?i:http)://([^/?#]*@)?((?i:localhost)|127(\\.[0-9]{1,3}){3}|\\[[0:]*:0*1\\])(:[0-9]*)?([/?#]|$)", var.github_api_base_url)),
    ])
    error_message = "github_api_base_url must use https unless the host is loopback, because secrets are sent to it."
  }

  validation {
    condition = alltrue([
      !can(regex("[?#]", var.github_api_base_url)),
      !can(regex("^[^/]*//[^/]*@", var.github_api_base_url)),
    ])
    error_message = "github_api_base_url must not contain user info, a query or a fragment."
  }

  # The broker's URL parser accepts a name, an IPv4 address with four decimal parts, or an IPv6 address in brackets, and a
  # port up to 65535. It parses a name whose last part is a number as an IPv4 address.
  validation {
    condition = !can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.github_api_base_url)) ? true : alltrue([
      !can(regex("[\\p{Cc} \\\\]", var.github_api_base_url)),
      anytrue([
        can(regex("://([^/?#]*@)?([A-Za-z0-9_-]+\\.)*[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*\\.?(:[0-9]{1,5})?([/?#]|$)", var.github_api_base_url)),
        can(regex("://([^/?#]*@)?((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(:[0-9]{1,5})?([/?#]|$)", var.github_api_base_url)),
        can(cidrhost("${regex("://(?:[^/?#]*@)?\\[([0-9A-Fa-f:.]+)\\](?::[0-9]{1,5})?(?:[/?#]|$)", var.github_api_base_url)[0]}/128", 0)),
      ]),
      !can(regex("://([^/?#]*@)?([A-Za-z0-9_-]+\\.)*0[xX][0-9A-Fa-f]*\\.?(:[0-9]*)?([/?#]|$)", var.github_api_base_url)),
      try(tonumber(regex("://[^/?#]*:([0-9]+)(?:[/?#]|$)", var.github_api_base_url)[0]) <= 65535, true),
    ])
    error_message = "github_api_base_url has an invalid host, port or character."
  }

  validation {
    condition     = !can(regex("^(?i)https?://(www\\.)?(github\\.com|[a-z0-9-]+\\.ghe\\.com)\\.?(:[0-9]*)?(/|$)", var.github_api_base_url))
    error_message = "github_api_base_url is the URL of GitHub's website. Use the API's URL: https://api.github.com, https://api.SUBDOMAIN.ghe.com for GHE.com, or https://HOST/api/v3 for GitHub Enterprise Server."
  }
}

variable "log_level" {
  description = "Minimum level of log lines: `debug`, `info`, `warn` or `error`."
  type        = string
  default     = "info"
  nullable    = false

  validation {
    condition     = contains(["debug", "info", "warn", "error"], lower(var.log_level))
    error_message = "log_level must be debug, info, warn or error."
  }
}

# --- keys, role and logs ----------------------------------------------------------------------------------------------

variable "kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the SSM parameters. Null if they are encrypted with the AWS managed key `alias/aws/ssm`, which needs no permission."
  type        = string
  default     = null

  validation {
    condition = (
      var.kms_key_arn == null ? true :
      can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    )
    error_message = "kms_key_arn must be the ARN of a key (…:key/…), not of an alias: a policy with an alias's ARN grants nothing, because IAM compares it with the key's ARN."
  }
}

variable "environment_kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the function's environment variables at rest. They contain no secret. The identity that applies needs [permissions for the key](https://github-token-broker.meigma.dev/reference/iam.html#the-key-of-the-environment-variables)."
  type        = string
  default     = null

  validation {
    condition = (
      var.environment_kms_key_arn == null ? true :
      can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.environment_kms_key_arn))
    )
    error_message = "environment_kms_key_arn must be the ARN of a key (…:key/…), not of an alias."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the function's role."
  type        = string
  default     = null

  validation {
    condition = (
      var.permissions_boundary_arn == null ? true :
      can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary_arn))
    )
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy."
  }
}

variable "role_name" {
  description = "Name of the function's role; by default `function_name`. A role name is unique in an account, so brokers with the same name in several regions need different role names. Changing it creates a new role: permissions that others granted to the old role are not moved."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "role_name must have 1 to 64 letters, digits and characters of +=,.@_-."
  }
}

variable "role_path" {
  description = "IAM path of the function's role. To change it later, change `role_name` too."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path must begin and end with a slash, such as /brokers/."
  }
}

variable "log_retention_days" {
  description = "Retention of the logs in days; 0 means that they never expire."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a period that CloudWatch Logs supports (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653), or 0, so that logs never expire."
  }
}

variable "keep_logs_on_destroy" {
  description = "Whether the log group is kept when the broker is destroyed. By default, it is kept if `log_retention_days` is 0."
  type        = bool
  default     = null
}

variable "log_kms_key_arn" {
  description = "ARN of the customer managed key that encrypts the log group. The [key's policy](https://github-token-broker.meigma.dev/reference/iam.html#the-key-of-the-log-group) must allow CloudWatch Logs to use it."
  type        = string
  default     = null

  validation {
    condition = (
      var.log_kms_key_arn == null ? true :
      can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.log_kms_key_arn))
    )
    error_message = "log_kms_key_arn must be the ARN of a key (…:key/…), not of an alias."
  }
}

# --- the network ------------------------------------------------------------------------------------------------------

variable "vpc_config" {
  description = "Subnets and security groups of the function. Needed only to reach private hosts, such as a GitHub Enterprise Server. GitHub and SSM must be reachable from the subnets, through a NAT gateway, a proxy or a VPC endpoint."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition = var.vpc_config == null ? true : alltrue([
      try(length(var.vpc_config.subnet_ids) > 0, false),
      try(length(var.vpc_config.security_group_ids) > 0, false),
    ])
    error_message = "vpc_config needs at least one subnet and one security group."
  }

  validation {
    condition = var.vpc_config == null ? true : alltrue(concat(
      [for id in try(var.vpc_config.subnet_ids, []) : can(regex("^subnet-[0-9a-f]+$", id))],
      [for id in try(var.vpc_config.security_group_ids, []) : can(regex("^sg-[0-9a-f]+$", id))],
    ))
    error_message = "vpc_config must have IDs: subnet-… and sg-…."
  }
}

variable "keep_network_permissions" {
  description = "Whether the role keeps its permissions on network interfaces without `vpc_config`. Set it in the apply that moves the function out of the VPC, and remove it after 20 minutes: Lambda needs these permissions to delete the interfaces."
  type        = bool
  default     = false
  nullable    = false
}

variable "ca_bundle" {
  description = "Private CA, such as that of a GitHub Enterprise Server: a layer version and the path of its PEM file below `/opt/`. Sets `SSL_CERT_FILE`. Its certificates are trusted in addition to the system's trust store, so the file needs only your CA."
  type = object({
    layer_arn = string
    path      = string
  })
  default = null

  validation {
    condition = (
      var.ca_bundle == null ? true :
      can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$", var.ca_bundle.layer_arn))
    )
    error_message = "ca_bundle.layer_arn must be the ARN of a layer version (…:layer:NAME:NUMBER)."
  }

  validation {
    condition = var.ca_bundle == null ? true : alltrue([
      can(regex("^/opt/[A-Za-z0-9_./-]*[A-Za-z0-9_-]$", var.ca_bundle.path)),
      !can(regex("/\\.\\.?(/|$)", var.ca_bundle.path)),
    ])
    error_message = "ca_bundle.path must be the path of a file below /opt/, where Lambda extracts layers."
  }
}

variable "https_proxy" {
  description = "URL of the proxy for GitHub and SSM. It is readable in the function's configuration and in the state, so do not include a password."
  type        = string
  default     = null

  # As for the URLs above, an IPv6 address, an IPv4 address and a port must be valid.
  validation {
    condition = var.https_proxy == null ? true : alltrue([
      can(regex("^((?i:https?)://)?([^/?#@\\[\\]\\\\[:space:]]*@)?([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/?$", var.https_proxy)),
      try(tonumber(regex(":([0-9]+)/?$", var.https_proxy)[0]) <= 65535, true),
      can(regex("\\[", var.https_proxy)) ? can(cidrhost("${regex("\\[(.*)\\]", var.https_proxy)[0]}/128", 0)) : true,
      can(regex("(^|[./@])[0-9]+(:[0-9]+)?/?$", var.https_proxy)) ? can(cidrhost("${regex("(?:^|[/@])([0-9.]+)(?::[0-9]+)?/?$", var.https_proxy)[0]}/32", 0)) : true,
    ])
    error_message = "https_proxy must be the http or https URL of a proxy, such as http://proxy.example.com:3128."
  }
}

variable "no_proxy" {
  description = "Comma-separated list of hosts that are reached without the proxy."
  type        = string
  default     = null

  validation {
    condition     = var.no_proxy == null ? true : can(regex("^[A-Za-z0-9_.:/*\\[\\], -]*[A-Za-z0-9*\\]]$", var.no_proxy))
    error_message = "no_proxy must be a comma-separated list of hosts."
  }
}

variable "ssm_endpoint_url" {
  description = "URL of the SSM endpoint. Needed for a VPC endpoint without private DNS."
  type        = string
  default     = null

  validation {
    condition     = var.ssm_endpoint_url == null ? true : can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.ssm_endpoint_url))
    error_message = "ssm_endpoint_url must be absolute: a scheme and a host, such as https://vpce-0123456789abcdef0-abcdefgh.ssm.eu-central-1.vpce.amazonaws.com."
  }

  validation {
    condition = var.ssm_endpoint_url == null ? true : anytrue([
      !can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.ssm_endpoint_url)), # refused above
      can(regex("^(?i:https)://", var.ssm_endpoint_url)),
      can(regex("^(?i:http)://([^/?#]*@)?((?i:localhost)|127(\\.[0-9]{1,3}){3}|\\[[0:]*:0*1\\])(:[0-9]*)?([/?#]|$)", var.ssm_endpoint_url)),
    ])
    error_message = "ssm_endpoint_url must use https unless the host is loopback, because secrets are sent to it."
  }

  validation {
    condition = var.ssm_endpoint_url == null ? true : alltrue([
      !can(regex("[?#]", var.ssm_endpoint_url)),
      !can(regex("^[^/]*//[^/]*@", var.ssm_endpoint_url)),
    ])
    error_message = "ssm_endpoint_url must not contain user info, a query or a fragment."
  }

  # The broker's URL parser accepts a name, an IPv4 address with four decimal parts, or an IPv6 address in brackets, and a
  # port up to 65535. It parses a name whose last part is a number as an IPv4 address.
  validation {
    condition = var.ssm_endpoint_url == null ? true : !can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.ssm_endpoint_url)) ? true : alltrue([
      !can(regex("[\\p{Cc} \\\\]", var.ssm_endpoint_url)),
      anytrue([
        can(regex("://([^/?#]*@)?([A-Za-z0-9_-]+\\.)*[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*\\.?(:[0-9]{1,5})?([/?#]|$)", var.ssm_endpoint_url)),
        can(regex("://([^/?#]*@)?((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(:[0-9]{1,5})?([/?#]|$)", var.ssm_endpoint_url)),
        can(cidrhost("${regex("://(?:[^/?#]*@)?\\[([0-9A-Fa-f:.]+)\\](?::[0-9]{1,5})?(?:[/?#]|$)", var.ssm_endpoint_url)[0]}/128", 0)),
      ]),
      !can(regex("://([^/?#]*@)?([A-Za-z0-9_-]+\\.)*0[xX][0-9A-Fa-f]*\\.?(:[0-9]*)?([/?#]|$)", var.ssm_endpoint_url)),
      try(tonumber(regex("://[^/?#]*:([0-9]+)(?:[/?#]|$)", var.ssm_endpoint_url)[0]) <= 65535, true),
    ])
    error_message = "ssm_endpoint_url has an invalid host, port or character."
  }
}

# --- invokers and alarms ----------------------------------------------------------------------------------------------

variable "invokers" {
  description = "Principals that may invoke the function, by the ID of their policy statement: the ARN of a role, or the ID of an account whose administrators can then allow their roles. The function's own account ID grants nothing: attach `caller_policy_json` to the roles of that account."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.invokers) : can(regex("^[A-Za-z0-9_-]{1,100}$", name))])
    error_message = "invokers: a name is the ID of a policy statement and must have 1 to 100 letters, digits, hyphens and underscores."
  }

  validation {
    condition = alltrue([
      for principal in values(var.invokers) :
      can(regex("^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+)$", principal))
    ])
    error_message = "invokers: a value must be the ARN of a role (arn:aws:iam::123456789012:role/NAME) or the ID of an account (123456789012). * and organisations are not allowed, because anyone in them could get tokens. Services are not allowed, because the broker refuses their payload. Sessions (arn:aws:sts::…) expire within hours: use the ARN of their role."
  }
}

variable "enable_alarms" {
  description = "Whether to create CloudWatch alarms on errors, throttles, duration and the error types of `alarm_error_types`. CloudWatch charges for four alarms and one metric."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_actions" {
  description = "ARNs that are notified when an alarm goes into the ALARM state, such as that of an SNS topic. Without any, alarms are visible only in CloudWatch."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:[^*?[:space:]]+$", arn))])
    error_message = "alarm_actions must be ARNs, without wildcards."
  }
}

variable "ok_actions" {
  description = "ARNs that are notified when an alarm returns to the OK state. An alarm returns to OK after a period without an error."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.ok_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:[^*?[:space:]]+$", arn))])
    error_message = "ok_actions must be ARNs, without wildcards."
  }
}

variable "alarm_settings" {
  description = "Settings that differ from the defaults, by alarm (`errors`, `throttles`, `duration`, `error_types`): `threshold` (default 1; for `duration`, 70 % of `timeout`, in milliseconds), `period` in seconds (default 300) and `evaluation_periods` (default 1). Example: `{ errors = { threshold = 5, period = 3600 } }`."
  type        = map(map(number)) # not an object type, which drops misspelled members
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.alarm_settings), ["errors", "throttles", "duration", "error_types"])) == 0
    error_message = "alarm_settings has an unknown alarm: use only errors, throttles, duration and error_types."
  }

  validation {
    condition = alltrue([
      for settings in values(var.alarm_settings) :
      try(length(setsubtract(keys(settings), ["threshold", "period", "evaluation_periods"])) == 0, false)
    ])
    error_message = "alarm_settings: an alarm has an unknown setting: use only threshold, period and evaluation_periods."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  validation {
    condition = alltrue([
      for settings in values(var.alarm_settings) : try(alltrue([
        lookup(settings, "threshold", 1) > 0,
        lookup(settings, "period", 300) >= 60,
        lookup(settings, "period", 300) % 60 == 0,
        lookup(settings, "evaluation_periods", 1) >= 1,
        lookup(settings, "evaluation_periods", 1) % 1 == 0,
        lookup(settings, "period", 300) * lookup(settings, "evaluation_periods", 1) <= (lookup(settings, "period", 300) < 3600 ? 86400 : 604800),
      ]), false)
    ])
    error_message = "alarm_settings: threshold must be greater than 0, period a multiple of 60 seconds, and evaluation_periods a whole number, 1 or greater. period times evaluation_periods must be at most a day, or a week for periods of an hour or more."
  }
}

variable "alarm_per_error_type" {
  description = "Whether each of `alarm_error_types` has its own metric filter and alarm, instead of one for all."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_error_types" {
  description = "[Error types](https://github-token-broker.meigma.dev/reference/errors.html) that raise the alarm on error types. The default omits those that mostly pass by themselves. An empty list creates no such alarm."
  type        = set(string)
  default = [
    "ConfigurationInvalid",
    "GitHubRefused",
    "GitHubRejectedApp",
    "GitHubResponseInvalid",
    "GrantMismatch",
    "InstallationMismatch",
    "InstallationSuspended",
    "InternalError",
    "ParameterInvalid",
    "ParametersMissing",
    "ParametersUnreadable",
    "PermissionsNotGranted",
    "PrivateKeyInvalid",
    "RepositoryNotInstalled",
  ]
  nullable = false

  validation {
    condition = length(setsubtract(var.alarm_error_types, [
      "ConfigurationInvalid",
      "DeadlineExceeded",
      "GitHubRateLimited",
      "GitHubRefused",
      "GitHubRejectedApp",
      "GitHubResponseInvalid",
      "GitHubUnavailable",
      "GrantMismatch",
      "InstallationMismatch",
      "InstallationSuspended",
      "InternalError",
      "InvocationInputRejected",
      "ParameterInvalid",
      "ParametersMissing",
      "ParametersUnreadable",
      "PermissionsNotGranted",
      "PrivateKeyInvalid",
      "RepositoryNotInstalled",
    ])) == 0
    error_message = "alarm_error_types must be error types of the broker, such as GrantMismatch."
  }
}
