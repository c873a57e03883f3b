// SPDX-License-Identifier: Apache-2.0
import JSON

/// What the gateway adds to every operation of the published document: its headers, its errors, its
/// tokens.
enum GatewayComponents {
  static let all: [(section: String, name: String, value: JSONValue)] =
    [
      ("parameters", "GatewayMerchantId", merchantID),
      ("parameters", "GatewayRequestId", requestID),
      ("parameters", "GatewayAcceptLanguage", acceptLanguage),
      ("responses", "GatewayProblem", problemResponse),
      ("schemas", "GatewayProblem", problem),
      ("securitySchemes", "GatewayToken", token),
    ] + headerComponents

  /// For the `parameters` of every operation.
  static let parameterReferences: [JSONValue] = [
    "GatewayMerchantId", "GatewayRequestId", "GatewayAcceptLanguage",
  ].map { ["$ref": .string("#/components/parameters/\($0)")] }

  /// The headers of a success.
  ///
  /// - Parameter isRepeatable: whether the operation has a request number, so that an answer may be
  ///   a replay.
  /// - Parameter documented: the headers that the document declares itself.
  static func headers(isRepeatable: Bool, documented: JSONValue?) -> JSONValue {
    var headers = documented?.objectValue ?? JSONObject()
    for name in common + (isRepeatable ? repeatable : []) {
      headers[name] = ["$ref": .string("#/components/headers/\(name)")]
    }
    return .object(headers)
  }

  private static let common = [
    "X-Request-Id", "Wechatpay-Request-Id", "RateLimit-Policy", "RateLimit",
  ]
  private static let repeatable = ["Idempotent-Replayed", "Idempotent-Recovered"]

  private static let merchantID: JSONValue = [
    "name": "X-Merchant-Id", "in": "header",
    "description":
      "The merchant (mchid) to act for. Not needed when the caller may use exactly one.",
    "schema": ["type": "string"],
  ]

  private static let requestID: JSONValue = [
    "name": "X-Request-Id", "in": "header",
    "description": "A name for this request in the response and in the logs; made when absent.",
    "schema": ["type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"],
  ]

  private static let acceptLanguage: JSONValue = [
    "name": "Accept-Language", "in": "header",
    "description": "The language of an error's title and advice: zh (default) or en.",
    "schema": ["type": "string"],
  ]

  private static let token: JSONValue = [
    "type": "http", "scheme": "bearer",
    "description": "The calling service's token, where callers are configured.",
  ]

  private static let headerComponents: [(section: String, name: String, value: JSONValue)] =
    [
      ("X-Request-Id", "The name of this request."),
      ("Wechatpay-Request-Id", "WeChat Pay's own name of the request, for its support."),
      ("RateLimit-Policy", "The limits that apply to the merchant."),
      ("RateLimit", "What is left of the limits."),
      (
        "Idempotent-Replayed",
        "true: this is the stored answer to an earlier request with the same request number."
      ),
      (
        "Idempotent-Recovered",
        "true: an earlier attempt with the same request number ended without an answer."
      ),
      ("Retry-After", "Seconds to wait before the same request is sent again."),
    ].map { name, description in
      ("headers", name, ["description": .string(description), "schema": ["type": "string"]])
    }

  private static let problemResponse: JSONValue = [
    "description": "An error of the gateway or of WeChat Pay, in one form (RFC 9457).",
    "headers": [
      "X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"],
      "Wechatpay-Request-Id": ["$ref": "#/components/headers/Wechatpay-Request-Id"],
      "RateLimit-Policy": ["$ref": "#/components/headers/RateLimit-Policy"],
      "RateLimit": ["$ref": "#/components/headers/RateLimit"],
      "Retry-After": ["$ref": "#/components/headers/Retry-After"],
    ],
    "content": [
      "application/problem+json": ["schema": ["$ref": "#/components/schemas/GatewayProblem"]]
    ],
  ]

  private static let problem: JSONValue = [
    "description": "What went wrong, what may have happened at WeChat Pay, and what to do.",
    "type": "object",
    "required": [
      "type", "title", "status", "code", "message", "source", "outcome", "retryable", "action",
      "advice", "request_id",
    ],
    "properties": [
      "type": ["type": "string", "examples": ["urn:wxpay-gateway:error:FREQUENCY_LIMITED"]],
      "title": ["type": "string"],
      "status": ["type": "integer", "minimum": 400, "maximum": 599],
      "code": [
        "description": "Of the gateway or of WeChat Pay.", "type": "string",
        "examples": ["PARAM_ERROR"],
      ],
      "message": ["type": "string"],
      "detail": ["type": "string"],
      "source": [
        "description": "Who found the error.", "type": "string", "enum": ["gateway", "wechatpay"],
      ],
      "outcome": [
        "description":
          "not_sent: nothing left the gateway. refused: WeChat Pay did not do it. unknown: it may have.",
        "type": "string", "enum": .array(ErrorRow.Outcome.allCases.map { .string($0.rawValue) }),
      ],
      "retryable": [
        "description": "The same request, unchanged, may succeed later.", "type": "boolean",
      ],
      "retry_after": [
        "description": "Seconds, perhaps a fraction.", "type": "number", "minimum": 0,
      ],
      "action": [
        "type": "string", "enum": .array(ErrorRow.Action.allCases.map { .string($0.rawValue) }),
      ],
      "advice": ["description": "The action in words.", "type": "string"],
      "request_id": ["type": "string"],
      "errors": [
        "description": "What the request breaks, at most 50.",
        "type": "array",
        "items": [
          "type": "object",
          "required": ["pointer", "keyword", "message"],
          "properties": [
            "pointer": [
              "type": "string", "format": "json-pointer", "examples": ["/coupon_code_list/3"],
            ],
            "keyword": ["type": "string", "examples": ["maxLength"]],
            "location": [
              "description": "What the pointer points into, or where the parameter is.",
              "type": "string",
              "enum": .array(ParameterViolation.Location.allCases.map { .string($0.rawValue) }),
            ],
            "message": [
              "type": "string", "examples": ["is 33 characters long; at most 32 are allowed"],
            ],
          ],
        ],
      ],
      "upstream": [
        "description": "What WeChat Pay said, when it answered.",
        "type": "object",
        "properties": [
          "status": ["type": "integer"],
          "code": ["type": "string"],
          "message": ["type": "string"],
          "detail": true,
          "request_id": ["type": "string"],
          "verified": [
            "description": "Whether the answer's signature was verified.", "type": "boolean",
          ],
        ],
      ],
    ],
  ]
}
