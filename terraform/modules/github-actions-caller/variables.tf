variable "role_name" {
  description = "Name of the role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "role_name must have 1 to 64 letters, digits and + = , . @ _ -."
  }
}

variable "function_arns" {
  description = "ARNs of the brokers that the role may invoke: the output `function_arn` of each."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.function_arns) > 0
    error_message = "function_arns must name at least one broker."
  }

  validation {
    condition     = alltrue([for arn in var.function_arns : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}$", arn))])
    error_message = "function_arns must be ARNs of functions, without a version, an alias or a wildcard."
  }
}

variable "repository_owner" {
  description = "Account or organisation that owns the workflow's repository, spelled as on GitHub: IAM compares case-sensitively."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.repository_owner))
    error_message = "repository_owner must have letters, digits, hyphens and underscores only: no wildcard."
  }
}

variable "repository_owner_id" {
  description = "The owner's ID: `gh api repos/OWNER/NAME --jq .owner.id`. Required, except for a GitHub Enterprise Server."
  type        = string
  default     = null

  validation {
    condition     = var.repository_owner_id == null ? true : can(regex("^[1-9][0-9]*$", var.repository_owner_id))
    error_message = "repository_owner_id must be a number."
  }
}

variable "repository_name" {
  description = "The workflow's repository, without its owner, spelled as on GitHub."
  type        = string
  default     = null

  validation {
    condition     = var.repository_name == null ? true : can(regex("^[A-Za-z0-9_.-]+$", var.repository_name))
    error_message = "repository_name must have letters, digits, periods, underscores and hyphens only. To allow every repository of the owner, set allow_any_repository_of_owner = true."
  }
}

variable "repository_id" {
  description = "The repository's ID, which a rename does not change and which GitHub never reuses: `gh api repos/OWNER/NAME --jq .id`. Required with `repository_name`, except for a GitHub Enterprise Server."
  type        = string
  default     = null

  validation {
    condition     = var.repository_id == null ? true : can(regex("^[1-9][0-9]*$", var.repository_id))
    error_message = "repository_id must be a number."
  }
}

variable "allow_any_repository_of_owner" {
  description = "Whether every repository of the owner is allowed, including repositories created later. Replaces `repository_name` and `repository_id`."
  type        = bool
  default     = false
  nullable    = false
}

variable "refs" {
  description = "Branches and tags whose jobs may assume the role, in full: `refs/heads/main`, `refs/tags/v*`. `*` and `?` are wildcards."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for ref in var.refs : can(regex("^refs/(heads|tags)/[^\\p{Cc} ~^:\\\\\\[$]+$", ref))])
    error_message = "refs must be written in full, as in refs/heads/main or refs/tags/v*, without spaces and ~ ^ : [ \\, which Git does not allow, and without $, which begins a policy variable in IAM."
  }

  validation {
    condition     = alltrue([for ref in var.refs : !can(regex("^(refs/((heads|tags)/)?)?[*?]", ref))])
    error_message = "refs: a pattern that begins with a wildcard allows any branch, because anyone who may push can choose its name. To allow every branch, set allow_any_branch = true."
  }

  validation {
    condition     = alltrue([for ref in var.refs : !can(regex("[\\x{100}-\\x{10ffff}]", ref))])
    error_message = "refs: IAM allows no characters after U+00FF in a policy. Write ? for such a character; it matches any character."
  }
}

variable "allow_any_branch" {
  description = "Whether every branch is allowed. Anyone who may push to the repository can then get tokens, unless the environment's rules prevent it. Replaces `refs`."
  type        = bool
  default     = false
  nullable    = false
}

variable "environments" {
  description = "Deployment environments, one of which the job must name. If set, a job without an environment is refused. The ref is tested in any case."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for environment in var.environments : can(regex("^[^*?$\\p{Cc}\\x{100}-\\x{10ffff}]{1,255}$", environment))])
    error_message = "environments must be names of 1 to 255 characters, without wildcards (* ?), without $, which begins a policy variable in IAM, and without characters after U+00FF, which IAM does not allow."
  }
}

variable "job_workflow_refs" {
  description = "Workflow files, one of which must contain the job, as `OWNER/NAME/.github/workflows/FILE.yml@REF`. For a job in a reusable workflow, the reusable workflow's file. REF is written in full: `@refs/tags/v1` for a workflow that is called with `@v1`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for ref in var.job_workflow_refs :
      can(regex("^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+/\\.github/workflows/[^/@*?$\\p{Cc}]+\\.ya?ml@(refs/(heads|tags)/[^\\p{Cc} ~^:\\\\\\[$]+|[0-9a-f]{40})$", ref))
    ])
    error_message = "job_workflow_refs must be OWNER/NAME/.github/workflows/FILE.yml@REF, with wildcards only in REF. REF is written in full, such as refs/tags/v1 for a workflow called with @v1, or is a commit."
  }

  validation {
    condition     = alltrue([for ref in var.job_workflow_refs : !can(regex("@refs/(heads|tags)/[*?]", ref))])
    error_message = "job_workflow_refs: a REF that begins with a wildcard allows the file of any branch."
  }

  validation {
    condition     = alltrue([for ref in var.job_workflow_refs : !can(regex("[\\x{100}-\\x{10ffff}]", ref))])
    error_message = "job_workflow_refs: IAM allows no characters after U+00FF in a policy."
  }
}

variable "workflows" {
  description = "Names of workflows (`name:` in the file), one of which must contain the job."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for workflow in var.workflows : can(regex("^[^*?$\\p{Cc}\\x{100}-\\x{10ffff}]+$", workflow))])
    error_message = "workflows must be names without * ? and $, and without characters after U+00FF, which IAM does not allow. Use job_workflow_refs instead."
  }
}

variable "actors" {
  description = "Logins of the users who may start the workflow."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for actor in var.actors : can(regex("^[A-Za-z0-9_-]+(\\[bot\\])?$", actor))])
    error_message = "actors must be logins, such as octocat or dependabot[bot]."
  }
}

variable "actor_ids" {
  description = "IDs of the users who may start the workflow: `gh api users/LOGIN --jq .id`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.actor_ids : can(regex("^[1-9][0-9]*$", id))])
    error_message = "actor_ids must be numbers."
  }
}

variable "enterprise_id" {
  description = "ID of the GitHub enterprise that the repository must belong to."
  type        = string
  default     = null

  validation {
    condition     = var.enterprise_id == null ? true : can(regex("^[1-9][0-9]*$", var.enterprise_id))
    error_message = "enterprise_id must be a number."
  }
}

variable "issuer" {
  description = "Issuer of the workflows' tokens, their `iss`: `https://token.actions.githubusercontent.com`, with `/ENTERPRISE` if the enterprise has its own issuer; `https://token.actions.SUBDOMAIN.ghe.com` for GHE.com; `https://HOST/_services/token` for a GitHub Enterprise Server."
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  nullable    = false

  validation {
    condition     = can(regex("^https://(token\\.actions\\.githubusercontent\\.com(/[A-Za-z0-9_-]+)?|token\\.actions\\.[a-z0-9-]+\\.ghe\\.com|[a-z0-9-]+(\\.[a-z0-9-]+)+/_services/token)$", var.issuer))
    error_message = "issuer must be https://token.actions.githubusercontent.com, optionally with /ENTERPRISE, https://token.actions.SUBDOMAIN.ghe.com or https://HOST/_services/token, in lower case, without a port and without a trailing slash."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the account's OIDC provider for the issuer. By default, it is built from the issuer and the account. It is not looked up, so the role can be destroyed after the provider is deleted."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[^*?[:space:]]+$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of an OIDC provider (arn:aws:iam::123456789012:oidc-provider/ISSUER)."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create the account's OIDC provider for the issuer. An account can have only one: leave it false if the provider exists."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the role's permissions boundary."
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

variable "role_path" {
  description = "IAM path of the role."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "role_path must begin and end with a slash, such as /ci/."
  }
}

variable "tags" {
  description = "Tags of all resources. They override the module's own two tags."
  type        = map(string)
  default     = {}
  nullable    = false

  # The characters that IAM accepts: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
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
