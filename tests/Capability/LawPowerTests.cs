using System.Reflection;
using Hooks.Core.Arch;
using Hooks.Testing;
using Xunit;

namespace Hooks.Capability;

/// <summary>The laws say something of one bit a granule, as they do of four: each that is about tags is broken by some machine that is not quite this one.</summary>
public class LawPowerTests
{
    private static readonly Dictionary<string, Func<IArchHooks, IArchHooks>> Breakers = new()
    {
        [nameof(ArchitectureLaws.Saved_tags_come_back)] = hooks => new Machines.RestoresNothing(hooks),
        [nameof(ArchitectureLaws.Saved_tags_come_back_for_every_sharer)] = hooks => new Machines.RestoresOnce(hooks),
        [nameof(ArchitectureLaws.Saved_tags_come_back_for_a_child_forked_meanwhile)] = hooks => new Machines.RestoresNothing(hooks),
        [nameof(ArchitectureLaws.A_slots_next_user_gets_its_own_tags)] = hooks => new Machines.NeverReplaces(hooks),
        [nameof(ArchitectureLaws.Newer_tags_replace_older_ones)] = hooks => new Machines.NeverReplaces(hooks),
        [nameof(ArchitectureLaws.Restoring_does_not_undo_newer_tags)] = hooks => new Machines.RestoresAgain(hooks),
        [nameof(ArchitectureLaws.Neighbours_keep_apart)] = hooks => new Machines.MixesUp(hooks),
        [nameof(ArchitectureLaws.A_page_without_tags_shows_nobody_elses)] = hooks => new Machines.ClearsNothing(hooks),
        [nameof(ArchitectureLaws.Tags_turned_on_later_begin_at_zero)] = hooks => new Machines.ClearsNothing(hooks),
        [nameof(ArchitectureLaws.Copying_on_write_copies_the_tags)] = hooks => new Machines.CopiesNothing(hooks),
        [nameof(ArchitectureLaws.Tags_follow_a_page_that_moves)] = hooks => new Machines.RestoresNothing(hooks),
        [nameof(ArchitectureLaws.Tags_come_back_by_swapoff)] = hooks => new Machines.RestoresNothing(hooks),
        [nameof(ArchitectureLaws.A_failing_save_leaves_everything_as_it_was)] = hooks => new Machines.ClearsBeforeSaving(hooks),
        [nameof(ArchitectureLaws.Nothing_is_left_behind)] = hooks => new Machines.NeverReplaces(hooks),
        [nameof(ArchitectureLaws.Generated_programs_break_nothing)] = hooks => new Machines.ForgetsOnStore(hooks),
    };

    // Of hooks in general, whatever tags they have.
    private static readonly string[] NotOfTags =
    [
        nameof(ArchitectureLaws.The_hooks_keep_no_state_of_their_own),
        nameof(ArchitectureLaws.The_bits_of_a_swap_PTE_keep_apart),
        nameof(ArchitectureLaws.What_goes_into_a_swap_PTE_comes_out_of_it),
    ];

    public static TheoryData<string> Broken => [.. Breakers.Keys];

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_machine_that_breaks_a_law_does_not_pass_it(string law)
    {
        var laws = new Of(new Machines.Variant(Breakers[law]));
        var failed = Assert.Throws<TargetInvocationException>(() => typeof(ArchitectureLaws).GetMethod(law)!.Invoke(laws, ["v6.11"]));
        Assert.IsType<Xunit.Sdk.XunitException>(failed.InnerException, exactMatch: false);
    }

    [Fact]
    public void There_is_one_for_every_law_of_tags() =>
        Assert.Equal(
            typeof(ArchitectureLaws).GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is not null).Select(m => m.Name).Order(),
            Breakers.Keys.Concat(NotOfTags).Order());

    private sealed class Of(IArchitecture architecture) : ArchitectureLaws
    {
        protected override IArchitecture Architecture => architecture;
    }
}
