using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>
/// A test's own folder, which no other test has and no other run: <c>DIR</c> in its command lines and in what they print.
/// </summary>
internal sealed class OwnFolder : IDisposable
{
    private const string Name = "DIR";

    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("hooks-test-").FullName;

    /// <summary>Runs a command, <c>DIR</c> being this folder.</summary>
    public string Run(string commandLine) =>
        Command.Run(commandLine.Replace(Name, Path, StringComparison.Ordinal)).Replace(Path, Name, StringComparison.Ordinal);

    /// <summary>Runs a command that is not told where to keep its cases. For tests in <see cref="WorkingDirectory"/> only.</summary>
    public string RunInside(string commandLine) => Command.RunIn(Path, commandLine);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Tests that change the working directory: it is the whole process's, so they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WorkingDirectory
{
    /// <summary>The collection's name.</summary>
    public const string Name = "working directory";
}
