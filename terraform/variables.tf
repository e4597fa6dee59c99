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
  description = "Where the code comes from; exactly one of the three. `release_version`: a tag of `release_repository`, such as `v3.0.0`, downloaded and checked by `gh` on the machine that applies. `lambda_zip_path`: a zip on that machine. `lambda_source_s3`: an object in a bucket of the function's region, given by `bucket`, `key` and, optionally, `object_version` and `source_code_hash` (base64 of the SHA-256), through which new bytes are noticed."
  # lambda_source_s3 is an object with bucket, key, object_version and source_code_hash. As any, it keeps misspelled
  # members, so that they can be refused below: an object type drops them.
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
    error_message = "lambda_artifact.lambda_source_s3 knows only bucket, key, object_version and source_code_hash."
  }

  # Lambda's own rule: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
  validation {
    condition = (
      try(var.lambda_artifact.lambda_source_s3.bucket, null) == null ? true :
      can(regex("^[0-9A-Za-z._-]{2,62}[0-9A-Za-z_-]$", var.lambda_artifact.lambda_source_s3.bucket))
    )
    error_message = "lambda_artifact.lambda_source_s3.bucket must be the name of a bucket: 3 to 63 letters, digits, periods, hyphens and underscores, without s3://, without an ARN."
  }

  validation {
    condition = (
      try(var.lambda_artifact.lambda_source_s3.source_code_hash, null) == null ? true :
      can(regex("^[A-Za-z0-9+/]{43}=$", var.lambda_artifact.lambda_source_s3.source_code_hash))
    )
    error_message = "lambda_artifact.lambda_source_s3.source_code_hash must be the base64 of the zip's SHA-256, as filebase64sha256() gives it."
  }
}

variable "release_repository" {
  description = "The repository, `OWNER/NAME`, whose release is downloaded. Set it for a fork."
  type        = string
  default     = "meigma/github-token-broker"
  nullable    = false

  validation {
    condition = alltrue([
      can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.release_repository)),
      !can(regex("(^|/)\\.\\.?(/|$)", var.release_repository)),
    ])
    error_message = "release_repository must be OWNER/NAME, of letters, digits, periods, underscores and hyphens."
  }
}

variable "verify_release_attestation" {
  description = "Whether `gh attestation verify` must accept the downloaded zip: built from this tag by `release_repository`'s own release workflow on GitHub's runners. Turn it off only for a fork that does not attest; the checksum is checked in any case."
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
  description = "Memory in MB. More memory is also more CPU."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = alltrue([var.memory_size >= 128, var.memory_size <= 10240, floor(var.memory_size) == var.memory_size])
    error_message = "memory_size must be a whole number from 128 to 10240."
  }
}

variable "timeout" {
  description = "Seconds that an invocation may take. The broker answers with an error before they are over."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = alltrue([var.timeout >= 1, var.timeout <= 900, floor(var.timeout) == var.timeout])
    error_message = "timeout must be a whole number from 1 to 900."
  }
}

variable "reserved_concurrent_executions" {
  description = "How many invocations may run at once, taken from the account's limit. 0 switches the broker off; null or -1 reserves nothing."
  type        = number
  default     = null

  validation {
    condition = (
      var.reserved_concurrent_executions == null ? true :
      alltrue([var.reserved_concurrent_executions >= -1, floor(var.reserved_concurrent_executions) == var.reserved_concurrent_executions])
    )
    error_message = "reserved_concurrent_executions must be a whole number from -1 up."
  }
}

variable "code_signing_config_arn" {
  description = "ARN of a Lambda code signing configuration. Release zips are not signed with AWS Signer: a configuration that enforces signatures refuses them, so sign the zip yourself and deploy it with `lambda_source_s3`."
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
  description = "Tags of everything that the module makes. They win over the module's own two."
  type        = map(string)
  default     = {}
  nullable    = false

  # What Lambda, IAM, CloudWatch and CloudWatch Logs all take: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
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
    error_message = "tags: keys that begin with aws: are AWS's own."
  }

  validation {
    condition     = length(setunion(keys(var.tags), ["github-token-broker:managed-by", "github-token-broker:module"])) <= 50
    error_message = "tags: AWS allows 50 on a resource, the module's own two included."
  }

  validation {
    condition     = length(var.tags) == length(distinct([for key in keys(var.tags) : lower(key)]))
    error_message = "tags: two keys differ only in case, which IAM refuses."
  }
}

# --- what it gives tokens for -----------------------------------------------------------------------------------------

variable "repository_owner" {
  description = "The account or organisation that owns the repository."
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
  description = "The repository that tokens are good for, without its owner."
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
  description = "The permissions of each token: `read`, `write` or `admin` by the name in GitHub's API, such as `pull_requests`. The App's installation must have them."
  type        = map(string)
  default     = { contents = "read" }
  nullable    = false

  validation {
    condition     = length(var.permissions) > 0
    error_message = "permissions must request at least one permission."
  }

  # GitHub answers with 422 to a name or level that it does not know, so the broker would fail at each invocation.
  validation {
    condition     = alltrue([for name in keys(var.permissions) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "permissions: a name is written as in GitHub's API, in lower case and with underscores. GitHub's API spells it pull_requests, not pull-requests or \"Pull requests\"."
  }

  validation {
    condition     = alltrue([for level in values(var.permissions) : try(contains(["read", "write", "admin"], level), false)])
    error_message = "permissions: a level is read, write or admin. To leave out a permission, leave out its name."
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
    error_message = "ssm_parameter_paths must not have two slashes in a row or a slash at the end: SSM has no such parameter."
  }

  validation {
    condition     = length(distinct(values(var.ssm_parameter_paths))) == 3
    error_message = "ssm_parameter_paths must be three different names: each parameter holds one value."
  }
}

variable "github_api_base_url" {
  description = "Base of GitHub's REST API; for GitHub Enterprise Server `https://HOST/api/v3`, for GHE.com `https://api.SUBDOMAIN.ghe.com`. Empty means the default."
  type        = string
  default     = "https://api.github.com"
  nullable    = false

  validation {
    condition     = var.github_api_base_url == "" ? true : can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.github_api_base_url))
    error_message = "github_api_base_url must be absolute: a scheme and a host, as in https://api.github.com."
  }

  validation {
    condition = anytrue([
      !can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.github_api_base_url)), # refused above
      can(regex("^(?i:https)://", var.github_api_base_url)),
      can(regex("^(?i:http)://([^/?#]*@)?((?i:localhost)|127(\\.[0-9]{1,3}){3}|\\[[0:]*:0*1\\])(:[0-9]*)?([/?#]|$)", var.github_api_base_url)),
    ])
    error_message = "github_api_base_url must use https unless the host is loopback: secrets travel there."
  }

  validation {
    condition = alltrue([
      !can(regex("[?#]", var.github_api_base_url)),
      !can(regex("^[^/]*//[^/]*@", var.github_api_base_url)),
    ])
    error_message = "github_api_base_url must not contain user info, a query or a fragment."
  }

  # What the broker's URL parser takes: a name, an IPv4 address with four decimal parts, or an IPv6 address in brackets,
  # and a port up to 65535. A name whose last part is a number would be taken for an IPv4 address.
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
    error_message = "github_api_base_url has a host, a port or a character that no URL of a service has."
  }

  validation {
    condition     = !can(regex("^(?i)https?://(www\\.)?(github\\.com|[a-z0-9-]+\\.ghe\\.com)\\.?(:[0-9]*)?(/|$)", var.github_api_base_url))
    error_message = "github_api_base_url is the address of GitHub's website. The API is at https://api.github.com, on GHE.com at https://api.SUBDOMAIN.ghe.com, on GitHub Enterprise Server at https://HOST/api/v3."
  }
}

variable "log_level" {
  description = "The least severe level that is logged: `debug`, `info`, `warn` or `error`."
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
  description = "ARN of the customer key that encrypts the SSM parameters. Null when they are encrypted with AWS's own key (`alias/aws/ssm`), which needs no permission."
  type        = string
  default     = null

  validation {
    condition = (
      var.kms_key_arn == null ? true :
      can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    )
    error_message = "kms_key_arn must be the ARN of a key (…:key/…), not of an alias: IAM compares with the key's own ARN, so a policy that names an alias grants nothing."
  }
}

variable "environment_kms_key_arn" {
  description = "ARN of the customer key that encrypts the function's environment variables at rest. They hold no secret."
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
  description = "ARN of the policy that bounds the function's role."
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
  description = "Name of the function's role; by default `function_name`. An account has each role name once, so brokers of one name in several regions need a role name each. A later change makes a new role: grants to the old one's ARN do not move with it."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "role_name must have 1 to 64 letters, digits and characters of +=,.@_-."
  }
}

variable "role_path" {
  description = "IAM path of the function's role. It is set when the role is made; to change it later, change `role_name` too."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path must begin and end with a slash, as in /brokers/."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept; 0 means that they never expire."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a period that CloudWatch Logs knows (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653), or 0: never expire."
  }
}

variable "keep_logs_on_destroy" {
  description = "Whether the log group stays when the broker is destroyed. By default it does when `log_retention_days` is 0."
  type        = bool
  default     = null
}

variable "log_kms_key_arn" {
  description = "ARN of the customer key that encrypts the log group. The key's policy must let CloudWatch Logs use it: see \"A key for the logs\"."
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
  description = "Subnets and security groups to run in. Needed only to reach what is not public, such as a GitHub Enterprise Server; GitHub and SSM must then be reachable from there (NAT gateway, proxy, VPC endpoint)."
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
    error_message = "vpc_config takes IDs: subnet-… and sg-…."
  }
}

variable "keep_network_permissions" {
  description = "Keeps the role's permissions on network interfaces without `vpc_config`. Set it in the apply that takes the function out of the VPC, and remove it after 20 minutes: until then, Lambda deletes the interfaces with these permissions. See \"Networks\"."
  type        = bool
  default     = false
  nullable    = false
}

variable "ca_bundle" {
  description = "For a private CA, such as that of a GitHub Enterprise Server: a layer version and the path below `/opt/` of the PEM file in it. Sets `SSL_CERT_FILE`, whose certificates are trusted in addition to the system's: the file needs only your CA."
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
    error_message = "ca_bundle.path must be the path of a file below /opt/, where Lambda puts layers."
  }
}

variable "https_proxy" {
  description = "URL of the proxy for GitHub and SSM. It is readable in the function's configuration and in the state, so give the proxy no password."
  type        = string
  default     = null

  # As with the URLs above: an IPv6 address, an IPv4 address and a port must be such.
  validation {
    condition = var.https_proxy == null ? true : alltrue([
      can(regex("^((?i:https?)://)?([^/?#@\\[\\]\\\\[:space:]]*@)?([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/?$", var.https_proxy)),
      try(tonumber(regex(":([0-9]+)/?$", var.https_proxy)[0]) <= 65535, true),
      can(regex("\\[", var.https_proxy)) ? can(cidrhost("${regex("\\[(.*)\\]", var.https_proxy)[0]}/128", 0)) : true,
      can(regex("(^|[./@])[0-9]+(:[0-9]+)?/?$", var.https_proxy)) ? can(cidrhost("${regex("(?:^|[/@])([0-9.]+)(?::[0-9]+)?/?$", var.https_proxy)[0]}/32", 0)) : true,
    ])
    error_message = "https_proxy must be the http or https URL of a proxy, as in http://proxy.example.com:3128."
  }
}

variable "no_proxy" {
  description = "Hosts that are reached without the proxy, separated by commas."
  type        = string
  default     = null

  validation {
    condition     = var.no_proxy == null ? true : can(regex("^[A-Za-z0-9_.:/*\\[\\], -]*[A-Za-z0-9*\\]]$", var.no_proxy))
    error_message = "no_proxy must be hosts, separated by commas."
  }
}

variable "ssm_endpoint_url" {
  description = "URL of the SSM endpoint; needed for a VPC endpoint without private DNS."
  type        = string
  default     = null

  validation {
    condition     = var.ssm_endpoint_url == null ? true : can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.ssm_endpoint_url))
    error_message = "ssm_endpoint_url must be absolute: a scheme and a host, as in https://vpce-0123456789abcdef0-abcdefgh.ssm.eu-central-1.vpce.amazonaws.com."
  }

  validation {
    condition = var.ssm_endpoint_url == null ? true : anytrue([
      !can(regex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]", var.ssm_endpoint_url)), # refused above
      can(regex("^(?i:https)://", var.ssm_endpoint_url)),
      can(regex("^(?i:http)://([^/?#]*@)?((?i:localhost)|127(\\.[0-9]{1,3}){3}|\\[[0:]*:0*1\\])(:[0-9]*)?([/?#]|$)", var.ssm_endpoint_url)),
    ])
    error_message = "ssm_endpoint_url must use https unless the host is loopback: secrets travel there."
  }

  validation {
    condition = var.ssm_endpoint_url == null ? true : alltrue([
      !can(regex("[?#]", var.ssm_endpoint_url)),
      !can(regex("^[^/]*//[^/]*@", var.ssm_endpoint_url)),
    ])
    error_message = "ssm_endpoint_url must not contain user info, a query or a fragment."
  }

  # What the broker's URL parser takes: a name, an IPv4 address with four decimal parts, or an IPv6 address in brackets,
  # and a port up to 65535. A name whose last part is a number would be taken for an IPv4 address.
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
    error_message = "ssm_endpoint_url has a host, a port or a character that no URL of a service has."
  }
}

# --- who may invoke, and alarms ---------------------------------------------------------------------------------------

variable "invokers" {
  description = "Who may invoke the function, by a name that becomes the statement's ID: the ARN of a role, or the ID of an account whose administrators may then let their own roles. This account's own ID grants nothing by itself: attach `caller_policy_json` there."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.invokers) : can(regex("^[A-Za-z0-9_-]{1,100}$", name))])
    error_message = "invokers: a name is the ID of a policy statement, of 1 to 100 letters, digits, hyphens and underscores."
  }

  validation {
    condition = alltrue([
      for principal in values(var.invokers) :
      can(regex("^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+)$", principal))
    ])
    error_message = "invokers: a value is the ARN of a role (arn:aws:iam::123456789012:role/NAME) or the ID of an account (123456789012). Not * or an organisation: strangers could have tokens. Not a service: it sends a payload, which the broker refuses. Not a session (arn:aws:sts::…): it is gone within hours, so name its role."
  }
}

variable "enable_alarms" {
  description = "Whether to make CloudWatch alarms: errors, throttles, slowness, and the error types of `alarm_error_types`. They cost what CloudWatch charges for four alarms and one metric."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_actions" {
  description = "ARNs that are notified when an alarm goes off, such as an SNS topic. Without any, alarms are visible only in CloudWatch."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:[^*?[:space:]]+$", arn))])
    error_message = "alarm_actions must be ARNs, without wildcards."
  }
}

variable "ok_actions" {
  description = "ARNs that are notified when an alarm returns to OK. An alarm returns by itself after a period without an error."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.ok_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:[^*?[:space:]]+$", arn))])
    error_message = "ok_actions must be ARNs, without wildcards."
  }
}

variable "alarm_settings" {
  description = "Other values than the defaults, by alarm (`errors`, `throttles`, `duration`, `error_types`): `threshold` (1; for `duration`, in milliseconds, seven tenths of `timeout`), `period` in seconds (300) and `evaluation_periods` (1), as in `{ errors = { threshold = 5, period = 3600 } }`."
  type        = map(map(number)) # and not an object, which drops misspelled members
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.alarm_settings), ["errors", "throttles", "duration", "error_types"])) == 0
    error_message = "alarm_settings knows only the alarms errors, throttles, duration and error_types."
  }

  validation {
    condition = alltrue([
      for settings in values(var.alarm_settings) :
      try(length(setsubtract(keys(settings), ["threshold", "period", "evaluation_periods"])) == 0, false)
    ])
    error_message = "alarm_settings: an alarm has only threshold, period and evaluation_periods."
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
    error_message = "alarm_settings: a threshold is more than 0, a period a multiple of 60 seconds, evaluation_periods a whole number from 1; both together span at most a day, or a week for periods of an hour and more."
  }
}

variable "alarm_per_error_type" {
  description = "Whether each of `alarm_error_types` gets a metric filter and an alarm of its own, instead of one for all."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_error_types" {
  description = "The `error_type`s that set off the alarm on error types. The default names those that need an operator; an empty list makes no such alarm."
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
