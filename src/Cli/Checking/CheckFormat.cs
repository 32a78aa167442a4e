namespace Hooks.Cli.Checking;

/// <summary>How an outcome is printed.</summary>
internal enum CheckFormat
{
    /// <summary>For a terminal.</summary>
    Text,

    /// <summary>Of a source: for a reply on the mailing list.</summary>
    Mail,

    /// <summary>JUnit's XML, which every CI reads.</summary>
    Junit,

    /// <summary>The Test Anything Protocol, as kernel selftests print it.</summary>
    Tap,

    /// <summary>SARIF 2.1.0, for code scanning.</summary>
    Sarif,
}
