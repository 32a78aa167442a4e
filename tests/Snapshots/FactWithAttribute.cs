using Xunit;

namespace Hooks.Tests;

/// <summary>A test that needs a program of the machine; without it the test is skipped, and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithAttribute : FactAttribute
{
    /// <param name="program">Looked for on the PATH.</param>
    public FactWithAttribute(string program) => (Program, Skip) = (program, Missing(program));

    /// <summary>What is needed.</summary>
    public string Program { get; }

    /// <summary>Why a test that needs a program is skipped; null where it is there.</summary>
    public static string? Missing(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program))) ? null : $"no {program} on this machine";
}

/// <summary>The same of a test with rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithAttribute : TheoryAttribute
{
    /// <param name="program">Looked for on the PATH.</param>
    public TheoryWithAttribute(string program) => (Program, Skip) = (program, FactWithAttribute.Missing(program));

    /// <summary>What is needed.</summary>
    public string Program { get; }
}
