using System.CommandLine;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Catalogues;

/// <summary><c>hooks list</c>: what there is.</summary>
internal static class ListCommand
{
    private static readonly string[] Kinds = ["kernels", "archs", "invariants", "operations"];

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var what = new Argument<string>("WHAT") { Description = "What to list." };
        what.CompletionSources.Add(Kinds);
        what.HelpName = string.Join('|', Kinds);
        var json = CommonOptions.Json();
        var command = new DocumentedCommand("list", "List kernels, architectures, invariants, or the operations of a case.")
        {
            Examples = [.. Kinds.Select(k => $"hooks list {k}"), "hooks list kernels --json"],
        };
        command.Arguments.Add(what);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var kind = parsed.GetValue(what)!;
            if (!Kinds.Contains(kind)) throw new InputException(Names.Unknown("list", kind, Kinds));
            if (parsed.GetValue(json)) screen.Verbatim(ListJson.Print(kind));
            else Print(screen, kind);
            return ExitCode.AsExpected;
        });
        return command;
    }

    private static void Print(Screen screen, string kind)
    {
        switch (kind)
        {
            case "kernels":
                PrintKernels(screen);
                break;
            case "archs":
                var archs = Listing.Of("architecture", "description");
                foreach (var arch in Names.ListedArchitectures) archs.Row(arch.Name, arch.Description);
                screen.Write(archs);
                break;
            case "invariants":
                var invariants = Listing.Of("invariant", "after every step", "put to the test once");
                foreach (var invariant in InvariantCatalogue.All) invariants.Row(invariant.Name, invariant.Statement, invariant.Exercise);
                screen.Write(invariants);
                break;
            default:
                var operations = Listing.Of("operation", "meaning");
                foreach (var verb in Enum.GetValues<Verb>().Select(OperationTexts.Of)) operations.Row(verb.Syntax, verb.Meaning);
                screen.Write(operations);
                screen.Line();
                screen.Line(OperationTexts.Legend.ReplaceLineEndings("\n"));
                break;
        }
    }

    private static void PrintKernels(Screen screen)
    {
        // Two tables: in one, the expectations would push the descriptions off a terminal's edge.
        var table = Listing.Of("kernel", "commit or message", "what it does");
        foreach (var kernel in Names.ListedKernels) table.Row(kernel.Name, kernel.Commit, kernel.Description);
        screen.Write(table);
        screen.Line();

        var expected = Listing.Of("kernel", "hooks of", "is expected to break");
        foreach (var kernel in Names.ListedKernels) expected.Row(kernel.Name, KernelText.Release(kernel), Expected(kernel));
        screen.Write(expected);
    }

    private static string Expected(Kernel kernel)
    {
        var archs = Names.ListedArchitectures.Select(a => (Arch: a, Breaks: kernel.ExpectedOn(a))).Where(e => e.Breaks.Count > 0).Select(e => $"{e.Arch.Name}: {e.Breaks}");
        return string.Join("; ", archs) is { Length: > 0 } text ? text : "nothing";
    }
}
