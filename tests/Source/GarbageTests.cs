using System.Text;
using Hooks.Core.Workloads;
using Hooks.KernelSource;
using Hooks.KernelSource.Patches;
using Xunit;

namespace Hooks.Source;

/// <summary>Whatever is given as a kernel or a patch: a reading, or one <see cref="SourceException"/>; never another exception, never for ever.</summary>
public class GarbageTests
{
    [Fact]
    public void Mutated_kernels_are_read_or_refused()
    {
        var files = Trees.Paths.Select(p => (Path: p, Text: Trees.Small.Read(p)!)).ToArray();
        var (read, refused, unknown) = (0, 0, 0);
        for (var i = 0; i < 600; i++)
        {
            var choices = new Choices(Choices.SeedOf(11, i));
            var which = 1 + choices.Next(2);
            var mutated = files.Select((f, n) => n == which ? (f.Path, i % 2 == 0 ? Mutate(f.Text, choices) : MutateLines(f.Text, choices)) : f).ToArray();
            try
            {
                if (Trees.Read(new TextFiles(mutated)).Kernel is null) unknown++;
                else read++;
            }
            catch (SourceException)
            {
                refused++;
            }
        }

        Assert.True(read > 50 && refused > 50 && unknown > 50, $"{read} read, {refused} refused, {unknown} not known");
    }

    /// <summary>What is left out, doubled and exchanged in fork, zap, mremap and reclaim: read, and run to the end of some programs, or left to the catalogue.</summary>
    [Fact]
    public void Mutated_functions_of_all_kinds_are_read_and_run()
    {
        (string Path, string Text)[] more = [("mm/memory.c", ForkTests.Fork + ZapTests.Zap), ("mm/mremap.c", MoveTests.Move), ("mm/rmap.c", UnmapTests.Unmap), ("mm/vmscan.c", ReclaimTests.Scan), ("mm/page_io.c", ReclaimTests.Write)];
        var (read, left, ran) = (0, 0, 0);
        for (var i = 0; i < 120; i++)
        {
            var choices = new Choices(Choices.SeedOf(13, i));
            var which = choices.Next(more.Length);
            var mutated = more.Select((m, n) => (m.Path, n == which ? MutateLines(m.Text, choices) : m.Text)).ToDictionary(m => m.Path, m => m.Item2);
            var files = Trees.Paths.Concat(more.Select(m => m.Path)).Distinct().Select(p => (p, (Trees.Small.Read(p) ?? "") + mutated.GetValueOrDefault(p))).ToArray();
            var kernel = Trees.Read(new TextFiles(files), UnmapTests.Helpers);
            if (kernel.Kernel is null || kernel.Remarks.Any(r => r.Contains("cannot be read", StringComparison.Ordinal))) left++;
            else read++;
            if (kernel.Kernel is not { } runs) continue;
            try
            {
                Trees.Broken(runs, Trees.Architectures[i % 3], 40);
                ran++;
            }
            catch (KernelSource.NeverReachedException)
            {
                // No verdict, and said so.
            }
        }

        Assert.True(read > 60 && left > 5 && ran > 60, $"{read} read, {left} left to the catalogue, {ran} run");
    }

    [Fact]
    public void A_hundred_thousand_mutated_functions_and_patches_end()
    {
        var function = Trees.Small.Read("mm/swapfile.c")!;
        var patch = File.ReadAllText(Trees.PatchFile("stable-writes"));
        var ended = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var choices = new Choices(Choices.SeedOf(12, i));
            try
            {
                if (i % 2 == 0) _ = new SourceTree(new TextFiles(("mm/swapfile.c", Mutate(function, choices)))).Find("mm/swapfile.c", "unuse_pte");
                else _ = PatchedFiles.Apply(Trees.Small, PatchReader.Read("p", Encoding.UTF8.GetBytes(Mutate(patch, choices))));
            }
            catch (SourceException)
            {
                // Refused with a reason.
            }

            ended++;
        }

        Assert.Equal(100_000, ended);
    }

    [Theory]
    [InlineData("\0\0\0", "zero byte")]
    [InlineData("class Folio { public: void f(); };", "no function do_swap_page()")]
    [InlineData("", "no function do_swap_page()")]
    [InlineData("vm_fault_t do_swap_page(struct vm_fault *vmf) {", "the file ends in the middle of a function")]
    public void A_file_that_is_no_kernel_is_refused_with_a_reason(string text, string reason)
    {
        var files = new TextFiles(("Makefile", Trees.Small.Read("Makefile")!), ("mm/memory.c", text), ("mm/swapfile.c", Trees.Small.Read("mm/swapfile.c")!));
        Assert.Contains(reason, Assert.Throws<SourceException>(() => Trees.Read(files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        foreach (var deep in new[] { new string('(', 100_000), new string('{', 100_000), string.Concat(Enumerable.Repeat("if (a) ", 100_000)), string.Concat(Enumerable.Repeat("!", 100_000)), string.Concat(Enumerable.Repeat("a ? b : ", 100_000)) })
        {
            var tree = new SourceTree(new TextFiles(("f.c", $"int f(void) {{ {deep}")));
            Assert.Throws<SourceException>(() => tree.Find("f.c", "f"));
        }
    }

    /// <summary>Lines left out, doubled and exchanged: what a careless patch is.</summary>
    private static string MutateLines(string text, Choices choices)
    {
        var lines = text.Split('\n').ToList();
        var at = choices.Next(lines.Count - 1);
        switch (choices.Next(3))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                lines.Insert(at, lines[at]);
                break;
            default:
                (lines[at], lines[at + 1]) = (lines[at + 1], lines[at]);
                break;
        }

        return string.Join('\n', lines);
    }

    private static string Mutate(string text, Choices choices)
    {
        var result = new StringBuilder(text);
        for (var n = 1 + choices.Next(4); n > 0; n--)
        {
            var at = choices.Next(Math.Min(result.Length, 60_000));
            var length = Math.Min(1 + choices.Next(12), result.Length - at);
            switch (choices.Next(5))
            {
                case 0:
                    result.Remove(at, length);
                    break;
                case 1:
                    result.Insert(at, result.ToString(at, length));
                    break;
                case 2:
                    result[at] = "(){};,+-*&!|=<>#\"'\n\t @0aé"[choices.Next(25)];
                    break;
                case 3:
                    result.Length = Math.Max(1, at);
                    break;
                default:
                    var to = choices.Next(Math.Min(result.Length, 60_000));
                    var piece = result.ToString(at, length);
                    result.Remove(at, length).Insert(Math.Min(to, result.Length), piece);
                    break;
            }

            if (result.Length < 2) break;
        }

        return result.ToString();
    }
}
