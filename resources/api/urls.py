"""Addresses of the resource API, below ``/api/``."""

from common.api_views import either
from resources.api import groups, holidays, overrides, prices, questions, rules, templates, venues, views

urlpatterns = [
    *either("resources", views.ResourceList.as_view(), "api-resources"),
    *either("resources/<uuid:id>", views.ResourceDetail.as_view(), "api-resource"),
    *either("timeslot-templates", templates.TemplateList.as_view(), "api-timeslot-templates"),
    *either("timeslot-templates/<int:id>", templates.TemplateDetail.as_view(), "api-timeslot-template"),
    *either("venues", venues.VenueList.as_view(), "api-venues"),
    *either("venues/<uuid:id>", venues.VenueDetail.as_view(), "api-venue"),
    *either("rules", rules.RulesList.as_view(), "api-rules"),
    *either("rules/<int:id>", rules.RulesDetail.as_view(), "api-rules-detail"),
    *either("cancellation-policies", rules.PolicyList.as_view(), "api-cancellation-policies"),
    *either("cancellation-policies/<int:id>", rules.PolicyDetail.as_view(), "api-cancellation-policy"),
    *either("price-rules", prices.PriceRuleList.as_view(), "api-price-rules"),
    *either("price-rules/<int:id>", prices.PriceRuleDetail.as_view(), "api-price-rule"),
    *either("questions", questions.QuestionList.as_view(), "api-questions"),
    *either("questions/<int:id>", questions.QuestionDetail.as_view(), "api-question"),
    *either("overrides", overrides.OverrideList.as_view(), "api-overrides"),
    *either("overrides/<int:id>", overrides.OverrideDetail.as_view(), "api-override"),
    *either("groups", groups.GroupList.as_view(), "api-groups"),
    *either("groups/<uuid:id>", groups.GroupDetail.as_view(), "api-group"),
    *either("features", groups.FeatureList.as_view(), "api-features"),
    *either("features/<int:id>", groups.FeatureDetail.as_view(), "api-feature"),
    *either("holidays", holidays.HolidayList.as_view(), "api-holidays"),
    *either("holidays/import", holidays.HolidayImport.as_view(), "api-holidays-import"),
]
