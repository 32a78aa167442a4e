using System.CommandLine;
using Hooks.Cli.FromSource;
using Hooks.Cli.Terminal;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Spectre.Console;

namespace Hooks.Cli.Catalogues;

/// <summary><c>hooks show KERNEL</c>: its paths step by step, or what makes it differ from another.</summary>
internal static class ShowCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var name = new Argument<string?>("KERNEL") { Description = "The kernel; see 'hooks list kernels'. None with --source.", Arity = ArgumentArity.ZeroOrOne };
        var other = new Option<string?>("--diff") { Description = "Show what KERNEL changes from this kernel; with --source, from this tree.", HelpName = "OTHER" };
        var path = new Option<string?>("--path") { Description = "Show one path only, named as in the kernel (do_swap_page) or in the model (DoSwapPage).", HelpName = "PATH" };
        var command = new DocumentedCommand("show", "Show a kernel: the steps of its paths in order, and the kernel function that each stands for.")
        {
            Examples =
            [
                "hooks show v6.5",
                "hooks show v6.5 --path do_swap_page",
                "hooks show v6.5 --diff v5.19             what the fix moved",
                "hooks show --source ~/linux --path do_swap_page        the C that the model sees, and as what",
                "hooks show --source ~/linux --patch 0001-mm.patch      what the patch changes for it",
            ],
            ExitCodes =
            [
                "0  shown",
                "2  bad usage or input",
                "3  with --source: something in live code is not known",
            ],
        };
        command.Arguments.Add(name);
        command.Options.Add(path);
        command.Options.Add(other);
        var source = new SourceOptions();
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            if (source.Read(parsed) is { } input)
            {
                if (parsed.GetValue(name) is { } both) throw new InputException($"'{both}' and --source cannot be given together: the kernel is the source");
                return SourceShow.Run(screen, input, parsed.GetValue(other) is { } tree ? SourceInput.Read(tree, [], null, null) : null, parsed.GetValue(path));
            }

            var kernel = Names.Kernel(parsed.GetValue(name) ?? throw new InputException("expected a kernel, or --source DIR; see 'hooks list kernels'"));
            var from = parsed.GetValue(other) is { } o ? Names.Kernel(o) : null;
            PathId? only = parsed.GetValue(path) is { } p ? Find(kernel, p) : null;
            if (from is null) Show(screen, kernel, only);
            else ShowDiff(screen, from, kernel, only);
            return ExitCode.AsExpected;
        });
        return command;
    }

    private static void Show(Screen screen, Kernel kernel, PathId? only)
    {
        screen.Line($"{kernel.Name} ({kernel.Commit}): {kernel.Description}");
        screen.Line($"{Hooks(kernel)}; {Marks(kernel)}");
        var width = PathText.NameWidth(kernel.Paths);
        foreach (var path in kernel.Paths.Where(p => only is null || p.Id == only))
        {
            screen.Line();
            screen.Line(PathText.Title(path), new Style(Color.Aqua));
            foreach (var line in PathText.Lines(path, width)) screen.Line(line);
        }
    }

    private static void ShowDiff(Screen screen, Kernel from, Kernel to, PathId? only)
    {
        var differ = false;
        if (only is null)
        {
            differ |= Changed(screen, Hooks(from), Hooks(to));
            differ |= Changed(screen, Marks(from), Marks(to));
        }

        foreach (var id in PathDiff.Paths(from, to).Where(id => only is null || id == only))
        {
            foreach (var line in PathDiff.Between(from, to, id))
            {
                differ = true;
                screen.Line(line, StyleOf(line));
            }
        }

        if (!differ) screen.Line($"{from.Name} and {to.Name} do not differ{(only is null ? "" : $" in {only}")}.");
    }

    private static bool Changed(Screen screen, string from, string to)
    {
        if (from == to) return false;
        screen.Line("-" + from, StyleOf("-"));
        screen.Line("+" + to, StyleOf("+"));
        return true;
    }

    private static Style StyleOf(string line) => line.Length == 0 ? Style.Plain : line[0] switch
    {
        '+' => new Style(Color.Green),
        '-' => new Style(Color.Red),
        '@' => new Style(Color.Aqua),
        _ => Style.Plain,
    };

    private static string Hooks(Kernel kernel) => $"architecture hooks of {KernelText.Release(kernel)}";

    private static string Marks(Kernel kernel) => kernel.MarksExclusive ? "marks pages exclusive" : "does not mark pages exclusive";

    /// <summary>A path by the model's name, or by any of the kernel functions that it stands for.</summary>
    private static PathId Find(Kernel kernel, string name)
    {
        foreach (var path in kernel.Paths)
        {
            if (string.Equals(path.Id.ToString(), name, StringComparison.OrdinalIgnoreCase)) return path.Id;
        }

        var function = name.TrimEnd('(', ')');
        foreach (var path in kernel.Paths)
        {
            if (path.KernelFunction.Split(", ").Any(f => f == name || f.Split('(')[0] == function)) return path.Id;
        }

        throw new InputException(Names.Unknown("path", name, kernel.Paths.Select(p => p.Id.ToString())));
    }
}
