using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Terminal;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.KernelSource.Paths;
using Spectre.Console;

namespace Hooks.Cli.Hunting;

/// <summary><c>hooks order</c>: which orders of the steps of do_swap_page()'s tail are safe.</summary>
internal static class OrderCommand
{
    private const string DefaultKernel = "v6.5";

    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var kernel = new Option<string?>("--kernel") { Description = $"The kernel. [default: {DefaultKernel}]", HelpName = "NAME" };
        var archs = new Option<string[]>("--arch") { Description = "Architectures on which an order has to be safe. [default: all]", HelpName = "NAME…", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };
        var workloads = CommonOptions.Number("--workloads", "Generated workloads that an order is given on each architecture before it counts as safe.", 1000, 1, 1_000_000);
        var seed = CommonOptions.Number("--seed", "Where the workloads come from.", 1UL, 0UL, ulong.MaxValue);
        var format = CommonOptions.OneOf<OrderFormat>("--format", "Text, a graph for Graphviz, or a picture.");
        var noProgress = new Option<bool>("--no-progress") { Description = "No progress on standard error." };
        var json = CommonOptions.Json();
        var source = new SourceOptions();
        var command = new DocumentedCommand("order", "Try all orders of the steps of do_swap_page() after its checks, and say which step must stand before which, each with a minimal case.")
        {
            Examples =
            [
                "hooks order                                  of v6.5, on all architectures",
                "hooks order --kernel v6.11 --arch arm64",
                "hooks order --format svg > order.svg",
                "hooks order --source ~/linux --arch arm64    the statements of a tree, in place of steps",
            ],
            ExitCodes = ["0    done", "2    bad usage or input", SourceOptions.NoVerdict, "130  interrupted; what was tried so far is said"],
        };
        foreach (var option in new Option[] { kernel, archs, workloads, seed, format, json, noProgress }) command.Options.Add(option);
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            var input = source.Read(parsed);
            if (input is not null && parsed.GetValue(kernel) is not null) throw new InputException("--kernel and --source both say of which kernel; leave one out");
            var tail = input is null ? MovableTail.Of(Names.Kernel(parsed.GetValue(kernel) ?? DefaultKernel)) : TailOf(input);
            var of = tail.Kernel;
            var search = new OrderSearch(tail, Names.ArchitecturesOf(parsed.GetValue(archs) ?? []), parsed.GetValue(seed), parsed.GetValue(workloads));
            OrderResult result;
            using (var progress = parsed.GetValue(noProgress) || !screen.ErrorIsTerminal ? null : new Timer(_ => screen.ErrorLine($"{search.Tried} orders tried"), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)))
            {
                result = search.Run(screen.Interrupted);
            }

            if (parsed.GetValue(json)) screen.Verbatim(OrderJson.Print(of.Name, input?.Last, result));
            else if (parsed.GetValue(format) == OrderFormat.Dot) screen.Line(OrderPicture.Dot(of.Name, result));
            else if (parsed.GetValue(format) == OrderFormat.Svg) screen.Line(OrderPicture.Svg(of.Name, result));
            else Print(screen, of.Name, input, result);
            return result.Complete ? ExitCode.AsExpected : ExitCode.Interrupted;
        });
        return command;
    }

    /// <summary>The tail of what was read.</summary>
    /// <exception cref="NoVerdictException">Something in it is not known.</exception>
    private static MovableTail TailOf(SourceInput input) => input.Last.Kernel is null ? throw new NoVerdictException(input.Last.Unknowns) : SourceTail.Of(input.Last, input.Helpers);

    private static void Print(Screen screen, string kernel, SourceInput? input, OrderResult result)
    {
        if (input is not null)
        {
            SourceText.Print(screen, input);
            screen.Line();
        }

        screen.Line($"{kernel}: do_swap_page() from its last check to the unlocking of the folio, {result.Steps.Length} {(input is null ? "steps" : "statements")}:");
        if (input is null) screen.Line($"  {string.Join(", ", result.Steps.Select(s => s.Name))}");
        else foreach (var part in result.Steps) screen.Line($"  {part.Name,-20}  {part.Place}");
        screen.Line($"{result.Orders.ToString("N0", CultureInfo.InvariantCulture)} orders; {result.Commuting} of {result.Pairs} pairs commute, so that {result.Tried} orders differ, of which {result.Safe} are safe.");
        foreach (var (arch, broken) in result.Unasked) screen.Line($"Not asked on {arch}, as the kernel breaks it in its own order: {broken}.", new Style(Color.Yellow));
        if (!result.Complete)
        {
            screen.Line("Interrupted: not all orders were tried, so nothing is said of what is necessary.", new Style(Color.Red));
            return;
        }

        screen.Line(result.Allowed == result.Safe
            ? "An order is safe if and only if it keeps to this:"
            : $"All safe orders keep to this; {result.Allowed - result.Safe} orders that keep to it too are not safe:");
        foreach (var needed in result.Necessary.Where(n => n.Finding is null)) screen.Line($"  {needed.First.Name} before {needed.Second.Name}: which reads what it sets");
        foreach (var needed in result.Necessary.Where(n => n.Finding is not null))
        {
            var finding = needed.Finding!;
            var invariant = InvariantCatalogue.Of(finding.Invariant);
            screen.Line();
            screen.Line($"  {needed.First.Name} before {needed.Second.Name}{(needed.When is var (a, b) ? $", in an order with {a.Name} before {b.Name}" : "")}", new Style(Color.Aqua));
            screen.Line($"    else {invariant.Name} on {finding.Minimal.Arch}: {invariant.Describe(finding.Violation.Breach)}");
            foreach (var line in (finding.Minimal with { Comments = [], Kernel = kernel }).ToString().TrimEnd('\n').Split('\n').Where(l => !l.StartsWith("kernel", StringComparison.Ordinal))) screen.Line($"      {line}");
        }
    }
}

/// <summary>How the result of <c>hooks order</c> is printed.</summary>
internal enum OrderFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For Graphviz.</summary>
    Dot,

    /// <summary>A picture.</summary>
    Svg,
}
