using Xunit;

namespace Hooks.Snapshots;

/// <summary>A test that needs a program of the machine; without it the test is skipped, and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithAttribute : FactAttribute
{
    /// <param name="program">Looked for on the PATH.</param>
    public FactWithAttribute(string program)
    {
        Program = program;
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)))) Skip = $"no {program} on this machine";
    }

    /// <summary>What is needed.</summary>
    public string Program { get; }
}
