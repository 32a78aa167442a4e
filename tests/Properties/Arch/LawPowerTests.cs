using System.Reflection;
using System.Runtime.CompilerServices;
using Hooks.Arch.Arm64;
using Hooks.Core.Arch;
using Hooks.Core.Mm;
using Hooks.Testing;
using Hooks.Zoo;
using Xunit;

namespace Hooks.Properties.Arch;

/// <summary>A law that cannot be broken is no law: for each an architecture that breaks it. (SparcLaws has most of them.)</summary>
public class LawPowerTests
{
    private static readonly Dictionary<string, IArchitecture> Breakers = new()
    {
        [nameof(ArchitectureLaws.Saved_tags_come_back_for_every_sharer)] = new ArchVariant("forgets", "saved tags go when they are first restored", kernel => new RestoresOnce(new Mte(kernel))),
        [nameof(ArchitectureLaws.Restoring_does_not_undo_newer_tags)] = Arm64Mutants.RestoreOverwrites,
        [nameof(ArchitectureLaws.Copying_on_write_copies_the_tags)] = new ArchVariant("no-copy", "copies no tags", kernel => new CopiesNothing(new Mte(kernel))),
        [nameof(ArchitectureLaws.A_failing_save_leaves_everything_as_it_was)] = Arm64Mutants.PrepareFails,
        [nameof(ArchitectureLaws.Tags_turned_on_later_begin_at_zero)] = Arm64Mutants.OverTagging,
        [nameof(ArchitectureLaws.Nothing_is_left_behind)] = Arm64Mutants.FreedInSetPte,
        [nameof(ArchitectureLaws.The_hooks_keep_no_state_of_their_own)] = new ArchVariant("remembers", "counts its calls, and acts on it", kernel => new Remembers(new Mte(kernel))),
        [nameof(ArchitectureLaws.The_bits_of_a_swap_PTE_keep_apart)] = new ArchVariant("overlaps", "the exclusive bit is the offset's lowest", kernel => new Overlaps(new Mte(kernel))),
        [nameof(ArchitectureLaws.What_goes_into_a_swap_PTE_comes_out_of_it)] = new ArchVariant("overlaps", "the exclusive bit is the offset's lowest", kernel => new Overlaps(new Mte(kernel))),
    };

    public static TheoryData<string> Broken() => [.. Breakers.Keys];

    public static TheoryData<string> All() => [.. Laws().Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Broken))]
    public void An_architecture_that_breaks_a_law_does_not_pass_it(string law)
    {
        var laws = new Of(Breakers[law]);
        var method = Laws().Single(m => m.Name == law);
        var failed = 0;
        string?[] kernels = method.GetParameters().Length == 0 ? [null] : ["v5.17", "v6.11"];
        foreach (var kernel in kernels)
        {
            try
            {
                method.Invoke(laws, kernel is null ? [] : [kernel]);
            }
            catch (TargetInvocationException e) when (e.InnerException is Xunit.Sdk.XunitException)
            {
                failed++;
            }
        }

        Assert.True(failed > 0);
    }

    [Fact]
    public void A_law_that_fails_shows_the_kernel_the_case_the_step_and_how_to_replay_it()
    {
        var laws = new Of(Arm64Mutants.RestoreOverwrites);
        var message = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => laws.Restoring_does_not_undo_newer_tags("v6.5")).Message;
        var file = Path.Combine(AppContext.BaseDirectory, "broken", $"v6.5-{Arm64Mutants.RestoreOverwrites.Name}-tag-preservation.case");
        foreach (var line in new[]
        {
            $"{Arm64Mutants.RestoreOverwrites.Name} breaks 'Restoring_does_not_undo_newer_tags'",
            $"v6.5 on {Arm64Mutants.RestoreOverwrites.Name}: tag-preservation",
            "  P0 sees tags 1111 on page a",
            "  P0     pin a get",
            "  fails  tag-preservation at P0#8 do_swap_page.SetPteAt",
            "  broke at P0#8 do_swap_page.SetPteAt",
            "    it changed",
            "      ArchSwapRestore            pfn 1 tags: 2222 → 1111",
            $"  replay: dotnet run -c Release --project src/Cli -- run {file} --trace",
        })
        {
            Assert.True(("\n" + message).Contains("\n" + line, StringComparison.Ordinal), line + "\n---\n" + message);
        }

        Assert.Contains("P0     pin a get\n", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_law_is_broken_by_some_architecture(string law) =>
        Assert.True(Breakers.ContainsKey(law) || new SparcBreaches().Names.Contains(law), law);

    [Fact]
    public void The_worked_example_is_the_template_that_passes_the_laws()
    {
        var doc = File.ReadAllText(Path.Combine(Root(), "docs", "add-an-architecture.md")).ReplaceLineEndings("\n");
        var code = File.ReadAllText(Path.Combine(Root(), "templates", "hooks-arch", "MadeUpHooks.cs")).ReplaceLineEndings("\n");
        Assert.Contains("```csharp\n" + code.Replace("Company.Project1", "Tint", StringComparison.Ordinal).Replace("MadeUp", "Tint", StringComparison.Ordinal).Replace("made-up", "tint", StringComparison.Ordinal) + "```\n", doc, StringComparison.Ordinal);
        Assert.True(code.Count(c => c == '\n') < 100);
    }

    private static IEnumerable<MethodInfo> Laws() =>
        typeof(ArchitectureLaws).GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is not null);

    private static string Root([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..");

    private sealed class SparcBreaches : SparcLaws
    {
        public IReadOnlyCollection<string> Names => [.. KnownBreaches.Keys];
    }

    private sealed class Of(IArchitecture architecture) : ArchitectureLaws
    {
        protected override IArchitecture Architecture => architecture;
    }

    private sealed class RestoresOnce(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void ArchSwapRestore(in Memory m, SwapEntry entry, Pfn folio)
        {
            base.ArchSwapRestore(in m, entry, folio);
            m.Erase(entry);
        }
    }

    private sealed class CopiesNothing(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override void CopyHighpage(in Memory m, Pfn to, Pfn from, Vma vma)
        {
        }
    }

    private sealed class Remembers(IArchHooks inner) : DelegatingHooks(inner)
    {
        private int _saves;

        public override bool ArchPrepareToSwap(in Memory m, Pfn folio)
        {
            m.WriteFrame(folio).Tags = PageTags.All(_saves++ & 15);
            return base.ArchPrepareToSwap(in m, folio);
        }
    }

    private sealed class Overlaps(IArchHooks inner) : DelegatingHooks(inner)
    {
        public override bool HasPteSwpExclusive => true;

        public override SwapPteLayout SwapPte => base.SwapPte with { Exclusive = base.SwapPte.OffsetShift };
    }
}
