"""One column of every type, and JSON values that ClickHouse's JSONEachRow and Freshet must read alike.

Values are JSON texts. Where the two differ by design (docs/types.md), the unit tests say what Freshet does.
"""

CASES = [
    ("Int8", ["0", "-128", "127", '"-5"']),
    ("Int16", ["0", "-32768", "32767"]),
    ("Int32", ["0", "-2147483648", "2147483647"]),
    ("Int64", ["0", "-9223372036854775808", "9223372036854775807", '"42"']),
    ("Int128", ["0", "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727", '"-1"']),
    ("Int256", ["0", "-1", "12345678901234567890123456789012345678901234567890",
                "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
                "57896044618658097711785492504343953926634992332820282019728792003956564819967"]),
    ("UInt8", ["0", "255", '"7"']),
    ("UInt16", ["0", "65535"]),
    ("UInt32", ["0", "4294967295"]),
    ("UInt64", ["0", "18446744073709551615", '"18446744073709551615"']),
    ("UInt128", ["0", "340282366920938463463374607431768211455"]),
    ("UInt256", ["0", "115792089237316195423570985008687907853269984665640564039457584007913129639935"]),
    ("Float32", ["0", "1.5", "-0.1", "3.4028234e38", "1e-10", "16777217"]),
    ("Float64", ["0", "29.99", "-1e300", "5e-324", "0.1", "123456789012345678", "1.7976931348623157e308", '"2.5"', "9007199254740993"]),
    ("Bool", ["true", "false", "1", "0"]),
    ("String", ['""', '"abc"', '"\\u00e4\\n\\"\\ud83d\\ude00"', '"' + "x" * 127 + '"', '"' + "y" * 128 + '"', '"' + "z" * 300 + '"']),
    ("FixedString(4)", ['""', '"ab"', '"abcd"', '"\\u00e4"']),
    ("UUID", ['"00112233-4455-6677-8899-aabbccddeeff"', '"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"']),
    ("IPv4", ['"0.0.0.0"', '"192.0.2.1"', '"255.255.255.255"']),
    ("IPv6", ['"::"', '"2001:db8::1"', '"::ffff:192.0.2.1"', '"192.0.2.1"']),
    ("Decimal(9, 2)", ["0", "29.99", "-0.05", "9999999.99", '"1.5"']),
    ("Decimal(18, 4)", ["0", "-12345678901234.5678", "0.0001"]),
    ("Decimal(38, 10)", ["0", "-1.5", "1234567890123456789012345678.0123456789"]),
    ("Decimal(76, 20)", ["0", "-12345678901234567890123456789012345678901234567890.01234567890123456789", "7"]),
    ("Date", ['"1970-01-01"', '"2026-01-18"', '"2149-06-06"']),
    ("Date32", ['"1900-01-01"', '"1969-12-31"', '"2299-12-31"']),
    ("DateTime('UTC')", ['"1970-01-01 00:00:00"', '"2026-01-18 12:34:56"', '"2026-01-18T12:34:56Z"', "1768739696", '"2026-01-18T14:34:56+02:00"']),
    ("DateTime64(3, 'UTC')", ['"2026-01-18T12:34:56Z"', '"2026-01-18 12:34:56.789"', '"1969-12-31T23:59:59.999Z"', '"2026-01-18T12:34:56.123456-05:30"']),
    ("DateTime64(0, 'UTC')", ['"2026-01-18T12:34:56Z"']),
    ("DateTime64(9, 'UTC')", ['"2026-01-18T12:34:56.123456789Z"', '"1900-01-02T00:00:00Z"']),
    ("Enum8('a' = -5, 'b' = 3, 'it''s' = 7)", ['"a"', '"b"', '"it\'s"', "3"]),
    ("Enum16('x' = 1000, 'y' = -1000)", ['"x"', '"y"']),
    ("Nullable(Int32)", ["null", "5", "-5"]),
    ("Nullable(String)", ["null", '""', '"a"']),
    ("Nullable(DateTime64(3, 'UTC'))", ["null", '"2026-01-18T12:34:56Z"']),
    ("Nullable(Enum8('p' = 1))", ["null", '"p"']),
    ("Nullable(UUID)", ["null", '"00112233-4455-6677-8899-aabbccddeeff"']),
    ("Nullable(Decimal(9, 2))", ["null", "1.25"]),
    ("LowCardinality(String)", ['"b"', '"a"', '"b"', '""']),
    ("LowCardinality(Nullable(String))", ['"b"', "null", '"b"', '""']),
    ("LowCardinality(FixedString(3))", ['"b"', '"abc"', '""']),
    ("Array(UInt8)", ["[]", "[1, 2, 3]", "[255]"]),
    ("Array(String)", ["[]", '["a", "", "ccc"]']),
    ("Array(Nullable(Float64))", ["[]", "[null, 1.5]"]),
    ("Array(LowCardinality(String))", ["[]", '["b", "a", "b"]', '["c"]']),
    ("Array(Array(Int64))", ["[]", "[[], [1], [2, 3]]"]),
    ("Map(String, UInt64)", ["{}", '{"a": 1, "b": 2}']),
    ("Map(LowCardinality(String), Nullable(String))", ["{}", '{"a": null, "b": "x"}']),
    ("Map(UInt16, Array(LowCardinality(String)))", ["{}", '{"7": ["x"], "65535": []}']),
    ("Map(String, Map(String, Float64))", ["{}", '{"a": {"b": 1.5}, "c": {}}']),
]

# Enough different values for wider numbers in a dictionary.
LARGE = [
    ("LowCardinality(String)", [f'"v{i % 300}"' for i in range(1000)]),
    ("LowCardinality(Nullable(String))", [f'"v{i % 254}"' for i in range(1000)]),
    ("LowCardinality(String)", [f'"v{i % 255}"' for i in range(1000)]),
    ("LowCardinality(String)", [f'"v{i}"' for i in range(70000)]),
    ("Array(LowCardinality(FixedString(8)))", [f'["v{i}", "w{i % 7}"]' for i in range(500)]),
    ("String", [f'"{i * 7919}"' for i in range(20000)]),
]

# Where the bytes differ without meaning anything: why.
OTHER_BYTES = {
    "DateTime('UTC')": "over HTTP ClickHouse leaves the zone out of the type's name",
    "Nullable(Enum8('p' = 1))": "what lies hidden under a NULL: the type's default here, 0 there",
}
