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
  description = "The brokers that the role may invoke: the output `function_arn` of each."
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
  description = "The account or organisation whose workflow calls, spelled as GitHub does: IAM compares letter for letter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.repository_owner))
    error_message = "repository_owner must have letters, digits, hyphens and underscores only: no wildcard."
  }
}

variable "repository_owner_id" {
  description = "The owner's ID: `gh api repos/OWNER/NAME --jq .owner.id`. Required, but for a GitHub Enterprise Server."
  type        = string
  default     = null

  validation {
    condition     = var.repository_owner_id == null ? true : can(regex("^[1-9][0-9]*$", var.repository_owner_id))
    error_message = "repository_owner_id must be a number."
  }
}

variable "repository_name" {
  description = "The repository whose workflow calls, without its owner, spelled as GitHub does."
  type        = string
  default     = null

  validation {
    condition     = var.repository_name == null ? true : can(regex("^[A-Za-z0-9_.-]+$", var.repository_name))
    error_message = "repository_name must have letters, digits, periods, underscores and hyphens only. To let every repository of the owner in, say allow_any_repository_of_owner = true."
  }
}

variable "repository_id" {
  description = "The repository's ID, which a rename does not change and which GitHub never reuses: `gh api repos/OWNER/NAME --jq .id`. Required with `repository_name`, but for a GitHub Enterprise Server."
  type        = string
  default     = null

  validation {
    condition     = var.repository_id == null ? true : can(regex("^[1-9][0-9]*$", var.repository_id))
    error_message = "repository_id must be a number."
  }
}

variable "allow_any_repository_of_owner" {
  description = "Lets every repository of the owner in, those made tomorrow too. Takes the place of `repository_name` and `repository_id`."
  type        = bool
  default     = false
  nullable    = false
}

variable "refs" {
  description = "The branches and tags whose jobs may assume the role, in full: `refs/heads/main`, `refs/tags/v*`. `*` and `?` are wildcards."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for ref in var.refs : can(regex("^refs/(heads|tags)/[^\\p{Cc} ~^:\\\\\\[$]+$", ref))])
    error_message = "refs must be written in full, as in refs/heads/main or refs/tags/v*, without spaces and ~ ^ : [ \\, which Git does not allow, and without $, which IAM takes for a variable."
  }

  validation {
    condition     = alltrue([for ref in var.refs : !can(regex("^(refs/((heads|tags)/)?)?[*?]", ref))])
    error_message = "refs: a pattern that begins with a wildcard lets any branch in, since anyone who may push may name it. If that is meant, say allow_any_branch = true."
  }

  validation {
    condition     = alltrue([for ref in var.refs : !can(regex("[\\x{100}-\\x{10ffff}]", ref))])
    error_message = "refs: IAM takes no characters beyond U+00FF in a policy. Write ? for such a character, which then may be any."
  }
}

variable "allow_any_branch" {
  description = "Accepts every branch: anyone who may push to the repository can then get tokens, unless the environment's rules prevent it. Takes the place of `refs`."
  type        = bool
  default     = false
  nullable    = false
}

variable "environments" {
  description = "The deployment environments of which the job must name one. With them, a job without an environment is refused; the ref is tested all the same."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for environment in var.environments : can(regex("^[^*?$\\p{Cc}\\x{100}-\\x{10ffff}]{1,255}$", environment))])
    error_message = "environments must be names of 1 to 255 characters without wildcards (* ?), without $, which IAM takes for a variable, and without characters beyond U+00FF, which IAM does not take."
  }
}

variable "job_workflow_refs" {
  description = "The workflow files of which the job must be part, as `OWNER/NAME/.github/workflows/FILE.yml@REF`: for a reusable workflow, that file. REF is written in full: a workflow that is called with `@v1` is `@refs/tags/v1`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for ref in var.job_workflow_refs :
      can(regex("^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+/\\.github/workflows/[^/@*?$\\p{Cc}]+\\.ya?ml@(refs/(heads|tags)/[^\\p{Cc} ~^:\\\\\\[$]+|[0-9a-f]{40})$", ref))
    ])
    error_message = "job_workflow_refs must be OWNER/NAME/.github/workflows/FILE.yml@REF, with a wildcard in REF at most. REF is in full, as in refs/tags/v1 for a workflow called with @v1, or a commit."
  }

  validation {
    condition     = alltrue([for ref in var.job_workflow_refs : !can(regex("@refs/(heads|tags)/[*?]", ref))])
    error_message = "job_workflow_refs: a REF that begins with a wildcard lets any branch's version of the file in."
  }

  validation {
    condition     = alltrue([for ref in var.job_workflow_refs : !can(regex("[\\x{100}-\\x{10ffff}]", ref))])
    error_message = "job_workflow_refs: IAM takes no characters beyond U+00FF in a policy."
  }
}

variable "workflows" {
  description = "The workflows' names (`name:` in the file), of which the job must be part."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for workflow in var.workflows : can(regex("^[^*?$\\p{Cc}\\x{100}-\\x{10ffff}]+$", workflow))])
    error_message = "workflows must be names without * ? and $, and without characters beyond U+00FF, which IAM does not take: job_workflow_refs has the file instead."
  }
}

variable "actors" {
  description = "The logins of those who may start the workflow."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for actor in var.actors : can(regex("^[A-Za-z0-9_-]+(\\[bot\\])?$", actor))])
    error_message = "actors must be logins, as in octocat or dependabot[bot]."
  }
}

variable "actor_ids" {
  description = "The IDs of those who may start the workflow: `gh api users/LOGIN --jq .id`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.actor_ids : can(regex("^[1-9][0-9]*$", id))])
    error_message = "actor_ids must be numbers."
  }
}

variable "enterprise_id" {
  description = "The ID of the GitHub enterprise that the repository must belong to."
  type        = string
  default     = null

  validation {
    condition     = var.enterprise_id == null ? true : can(regex("^[1-9][0-9]*$", var.enterprise_id))
    error_message = "enterprise_id must be a number."
  }
}

variable "issuer" {
  description = "The issuer of the workflows' tokens, their `iss`: `https://token.actions.githubusercontent.com`, followed by `/ENTERPRISE` where the enterprise has an issuer of its own; `https://token.actions.SUBDOMAIN.ghe.com` for GHE.com; `https://HOST/_services/token` for a GitHub Enterprise Server."
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  nullable    = false

  validation {
    condition     = can(regex("^https://(token\\.actions\\.githubusercontent\\.com(/[A-Za-z0-9_-]+)?|token\\.actions\\.[a-z0-9-]+\\.ghe\\.com|[a-z0-9-]+(\\.[a-z0-9-]+)+/_services/token)$", var.issuer))
    error_message = "issuer must be https://token.actions.githubusercontent.com, with /ENTERPRISE behind it or not, https://token.actions.SUBDOMAIN.ghe.com or https://HOST/_services/token, in small letters, without a port and without a slash at the end."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the account's provider for the issuer. By default it is put together from the issuer and the account; nothing is looked up either way, so the role can be destroyed when the provider is already gone."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[^*?[:space:]]+$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of an OIDC provider (arn:aws:iam::123456789012:oidc-provider/ISSUER)."
  }
}

variable "create_oidc_provider" {
  description = "Whether to create the account's provider for the issuer. An account has one: leave it false where it exists."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that bounds the role."
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
    error_message = "role_path must begin and end with a slash, as in /ci/."
  }
}

variable "tags" {
  description = "Tags of everything that the module makes. They win over the module's own two."
  type        = map(string)
  default     = {}
  nullable    = false

  # What IAM takes: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
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
