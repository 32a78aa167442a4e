using System.CommandLine;
using System.CommandLine.Invocation;

namespace Hooks.Cli;

/// <summary><c>--version</c>: the version of this assembly. The library's own option prints that of the program, which in a test is the test host.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    private readonly string _version;

    private VersionAction(string version) => _version = version;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>The option.</summary>
    public static Option<bool> Option(string version) => new("--version", "-v") { Description = "Show the version.", Action = new VersionAction(version), Arity = ArgumentArity.Zero };

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(_version + "\n");
        return ExitCode.AsExpected;
    }
}
